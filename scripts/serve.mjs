// Serves the built site as any static host would (ranges, ETags, no special headers).
import { createServer } from 'node:http';
import sirv from 'sirv';

/**
 * Serves `folder` on `port` (0 picks a free one) of this machine alone. `intercept(request, response)` sees every request first
 * and returns true when it has answered. Close the result to end it.
 */
export function serveSite({ folder = 'build', port = 0, intercept = () => false } = {}) {
  const files = sirv(folder, { etag: true, dotfiles: false, dev: true });
  const server = createServer((request, response) => {
    if (intercept(request, response)) return;
    files(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${server.address().port}/`;
      resolve({
        url,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
