// A real web server over one file's bytes, which can be told to misbehave: each fault answers one request, in order.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fault = (request: IncomingMessage, response: ServerResponse, file: Served) => void;
export type Served = { bytes: Uint8Array; etag: string | null; lastModified: string | null };

export type FaultServer = {
  readonly url: string;
  readonly file: Served;
  /** Taken one a request; when there are none the server behaves. */
  readonly faults: Fault[];
  /** Range headers of the GET requests that came, '' for one without. */
  readonly ranges: string[];
  readonly ifRanges: string[];
  close(): Promise<void>;
};

export async function startFaultServer(bytes: Uint8Array, behave: Fault = serveRanges): Promise<FaultServer> {
  const file: Served = { bytes, etag: '"v1"', lastModified: null };
  const faults: Fault[] = [];
  const ranges: string[] = [];
  const ifRanges: string[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'GET') ranges.push(request.headers.range ?? '');
    if (request.headers['if-range']) ifRanges.push(request.headers['if-range'] as string);
    (faults.shift() ?? behave)(request, response, file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/model.gguf`, file, faults, ranges, ifRanges, close };
}

/** What a good static host does. */
export const serveRanges: Fault = (request, response, file) => {
  const range = wantedRange(request, file);
  if (range === null) return serveWhole(request, response, file);
  if (range.start >= file.bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${file.bytes.length}` }).end();
    return;
  }
  const part = file.bytes.subarray(range.start, range.end);
  response.writeHead(206, {
    ...validators(file),
    'content-length': part.length,
    'content-range': `bytes ${range.start}-${range.end - 1}/${file.bytes.length}`,
  });
  response.end(request.method === 'HEAD' ? undefined : part);
};

/** A host that knows no ranges. */
export const serveWhole: Fault = (request, response, file) => {
  response.writeHead(200, { ...validators(file), 'content-length': file.bytes.length });
  response.end(request.method === 'HEAD' ? undefined : file.bytes);
};

/** A host that shows another site neither Content-Range nor ETag. */
export const serveHidden: Fault = (request, response, file) => {
  const range = wantedRange(request, file);
  const part = range ? file.bytes.subarray(range.start, range.end) : file.bytes;
  response.writeHead(range ? 206 : 200, { 'content-length': part.length });
  response.end(request.method === 'HEAD' ? undefined : part);
};

export const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (_request, response) =>
    void response.writeHead(code, headers).end('no');

/** Promises the range, sends `bytes` of it, and breaks the connection. */
export const cutAfter =
  (bytes: number): Fault =>
  (request, response, file) => {
    const range = wantedRange(request, file) ?? { start: 0, end: file.bytes.length };
    response.writeHead(request.headers.range ? 206 : 200, {
      ...validators(file),
      'content-length': range.end - range.start,
      ...(request.headers.range
        ? { 'content-range': `bytes ${range.start}-${range.end - 1}/${file.bytes.length}` }
        : {}),
    });
    response.write(file.bytes.subarray(range.start, range.start + bytes), () => response.destroy());
  };

/** Sends the header and then nothing. */
export const stall: Fault = (request, response, file) => {
  const { start, end } = wantedRange(request, file)!;
  response.writeHead(206, { ...validators(file), 'content-range': `bytes ${start}-${end - 1}/${file.bytes.length}` });
  response.flushHeaders();
};

export function wantedRange(request: IncomingMessage, file: Served): { start: number; end: number } | null {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const ifRange = request.headers['if-range'];
  if (!match || (ifRange !== undefined && ifRange !== file.etag)) return null;
  return { start: Number(match[1]), end: Math.min(Number(match[2]) + 1, file.bytes.length) };
}

function validators(file: Served): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    ...(file.etag === null ? {} : { etag: file.etag }),
    ...(file.lastModified === null ? {} : { 'last-modified': file.lastModified }),
  };
}
