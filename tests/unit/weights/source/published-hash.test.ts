import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openMirroredSource } from '#weights/source/mirrored-source.ts';
import { publishedHash } from '#weights/source/published-hash.ts';

const HASH = '0123456789abcdef'.repeat(4);
const pointer = (hash = HASH) => `version https://git-lfs.github.com/spec/v1\noid sha256:${hash}\nsize 70000\n`;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A host that keeps one file at /o/r/resolve/main/a.gguf; `raw` answers for what lies in its place. */
async function host(raw: RequestListener): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    if (request.url!.startsWith('/o/r/raw/main/a.gguf')) return raw(request, response);
    const end = Math.min(70_000, Number(/-(\d+)$/.exec(request.headers.range ?? '')?.[1] ?? 69_999) + 1);
    response.writeHead(206, { 'content-range': `bytes 0-${end - 1}/70000` }).end(Buffer.alloc(end));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/o/r/resolve/main/a.gguf`, asked };
}

test('reads the hash in the text that stands for a large file', async () => {
  const { url, asked } = await host((_request, response) => response.end(pointer()));
  expect(await publishedHash(`${url}?download=true`, undefined)).toBe(HASH);
  expect(asked).toEqual(['/o/r/raw/main/a.gguf?download=true']);
});

test.each<[string, RequestListener]>([
  ['no such text', (_request, response) => response.writeHead(404).end()],
  ['too many requests', (_request, response) => response.writeHead(429).end()],
  ['a web page', (_request, response) => response.end('<!doctype html><h1>Sign in</h1>')],
  ['the file itself', (_request, response) => response.end(pointer() + 'x'.repeat(100_000))],
  ['a hash of another kind', (_request, response) => response.end(pointer(`${HASH}00`))],
  ['a closed connection', (request) => request.socket.destroy()],
])('takes %s for nothing published', async (_what, raw) => {
  expect(await publishedHash((await host(raw)).url, undefined)).toBeNull();
});

test('asks no other kind of host', async () => {
  const { url, asked } = await host((_request, response) => response.end(pointer()));
  for (const other of [url.replace('/resolve/', '/files/'), url.replace('/o/r/', '/r/'), 'models/a.gguf']) {
    expect(await publishedHash(other, undefined)).toBeNull();
  }
  expect(asked).toEqual([]);
});

test('a cancelled question ends with the reason', async () => {
  const { url } = await host(() => {});
  const reason = new Error('enough');
  await expect(publishedHash(url, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('a mirror that publishes another hash than the catalog names is passed over before a byte of it is used', async () => {
  const replaced = await host((_request, response) => response.end(pointer('f'.repeat(64))));
  const silent = await host((_request, response) => response.writeHead(404).end());
  const file = { urls: [replaced.url, silent.url], sizeBytes: 70_000, sha256: HASH };
  const source = await openMirroredSource(file);
  expect(source.locator).toBe(silent.url);
  expect(replaced.asked).toEqual(['/o/r/raw/main/a.gguf']);
  await expect(openMirroredSource({ ...file, urls: [replaced.url] })).rejects.toMatchObject({
    code: 'source-differs',
    details: { url: replaced.url, found: 'f'.repeat(64), expected: HASH },
  });
  // Where the catalog names none, nobody is asked.
  const unnamed = await openMirroredSource({ urls: [replaced.url], sizeBytes: null });
  expect(unnamed.locator).toBe(replaced.url);
  expect(replaced.asked.filter((path) => path.includes('/raw/'))).toHaveLength(2);
});
