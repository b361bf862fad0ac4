import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { PATIENT, type RetryPolicy, type RetryReport } from '#weights/source/retry.ts';
import { openUrlSource } from '#weights/source/url-source.ts';
import {
  cutAfter,
  serveHidden,
  serveRanges,
  serveWhole,
  stall,
  startFaultServer,
  status,
  wantedRange,
  type Fault,
  type FaultServer,
} from '#tests/support/weights/fault-server.ts';
import { patternBytes } from '#tests/support/weights/pattern.ts';

const SIZE = 300_000;
const FILE = patternBytes(SIZE);
/** Same rules as in use, sooner. A busy machine is slow to answer, so only tests of stalls take slowness for one. */
const QUICK: RetryPolicy = { ...PATIENT, attempts: 4, firstDelayMs: 2, maxDelayMs: 10 };
const IMPATIENT: RetryPolicy = { ...QUICK, stallMs: 150 };

const servers: FaultServer[] = [];
async function start(behave?: Fault, bytes: Uint8Array = FILE): Promise<FaultServer> {
  const server = await startFaultServer(bytes, behave);
  servers.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const open = (server: FaultServer, onRetry?: (report: RetryReport) => void) =>
  openUrlSource(server.url, { retry: QUICK, onRetry });
const part = (from: number, to: number) => FILE.slice(from, to);
/** Compares with the file's bytes from `from` on; far quicker than comparing element by element. */
async function expectBytes(reading: Promise<Uint8Array>, from: number, to: number): Promise<void> {
  const bytes = await reading;
  expect(bytes.length).toBe(to - from);
  expect(Buffer.compare(bytes, FILE.subarray(from, to))).toBe(0);
}

test('reads any place of a file and knows its length', async () => {
  const server = await start();
  const source = await open(server);
  expect(source.sizeBytes).toBe(SIZE);
  expect(source.name).toBe('model.gguf');
  await expectBytes(source.read(123_457, 90_001), 123_457, 213_458);
  await expectBytes(source.read(10, 100), 10, 110);
  await expectBytes(source.read(SIZE - 1, 1), SIZE - 1, SIZE);
  expect(await source.read(SIZE, 0)).toEqual(new Uint8Array(0));
  // The second read lies in what the opening brought, so three requests were made and not four.
  expect(server.ranges).toEqual(['bytes=0-65535', 'bytes=123457-213457', 'bytes=299999-299999']);
  source.close();
});

test('reads overlap', async () => {
  const source = await open(await start());
  const reads = [0, 70_000, 140_000, 210_000].map((at) => source.read(at, 70_000));
  expect((await Promise.all(reads)).map((bytes) => bytes[0])).toEqual(
    [0, 70_000, 140_000, 210_000].map((at) => FILE[at]),
  );
});

test('the fingerprint changes with the file and with its place', async () => {
  const server = await start();
  const before = (await open(server)).fingerprint;
  expect((await open(server)).fingerprint).toBe(before);
  server.file.etag = '"v2"';
  expect((await open(server)).fingerprint).not.toBe(before);
  expect((await open(await start())).fingerprint).not.toBe(before);
});

test.each([200, 40_000, 65_536])('opens a file of %d bytes, shorter than the first request', async (size) => {
  const source = await open(await start(serveRanges, part(0, size)));
  expect(source.sizeBytes).toBe(size);
  await expectBytes(source.read(0, size), 0, size);
});

test('opens an empty file as empty', async () => {
  expect((await open(await start(serveRanges, new Uint8Array(0)))).sizeBytes).toBe(0);
  expect((await open(await start(serveWhole, new Uint8Array(0)))).sizeBytes).toBe(0);
});

test('a server without ranges is read in order, from one body', async () => {
  const server = await start(serveWhole);
  const source = await open(server);
  const places = [
    [0, 1000],
    [1000, 100_000],
    [150_000, 300_000],
  ] as const;
  await Promise.all(places.map(([from, to]) => expectBytes(source.read(from, to - from), from, to)));
  expect(server.ranges).toEqual(['bytes=0-65535', '']);
  await expectBytes(source.read(5, 10), 5, 15); // going back begins the body again
  expect(server.ranges).toEqual(['bytes=0-65535', '', '']);
});

test('a server that answers 200 to one range midway is not misread', async () => {
  const server = await start();
  const source = await open(server);
  server.faults.push(serveWhole);
  await expectBytes(source.read(100_000, 50_000), 100_000, 150_000);
});

test('a server that hides Content-Range and ETag from other sites is read all the same', async () => {
  const source = await open(await start(serveHidden));
  expect(source.sizeBytes).toBe(SIZE);
  await expectBytes(source.read(99_999, 100_000), 99_999, 199_999);
});

test('a server that gives shorter parts than asked for is asked again', async () => {
  const server = await start((request, response, file) => {
    const range = wantedRange(request, file)!;
    request.headers.range = `bytes=${range.start}-${Math.min(range.end, range.start + 30_000) - 1}`;
    serveRanges(request, response, file);
  });
  const source = await open(server);
  await expectBytes(source.read(70_000, 100_000), 70_000, 170_000);
  expect(server.ranges.slice(1)).toHaveLength(4);
});

test('follows a redirect to another host', async () => {
  const target = await start();
  const server = await start(status(302, { location: target.url }));
  const source = await open(server);
  await expectBytes(source.read(100_000, 10), 100_000, 100_010);
  // Signed addresses expire, so the first address is asked each time.
  expect(server.ranges).toHaveLength(2);
});

test('goes on where a connection was cut, without reading anything twice', async () => {
  const server = await start();
  const retries: RetryReport[] = [];
  const source = await open(server, (report) => retries.push(report));
  // More cuts than attempts: each brings something, so none is the last.
  server.faults.push(...Array.from({ length: 6 }, () => cutAfter(20_000)));
  await expectBytes(source.read(70_000, 200_000), 70_000, 270_000);
  expect(retries).toHaveLength(6);
  expect(retries[0]!.error.code).toBe('source-unreachable');
  const starts = server.ranges.slice(1).map((range) => Number(/\d+/.exec(range)![0]));
  expect(starts.length).toBe(7);
  expect(starts.every((start, i) => i === 0 || start >= starts[i - 1]! + 1)).toBe(true);
});

test('goes on in a body without ranges that was cut', async () => {
  const server = await start(serveWhole);
  const source = await open(server);
  server.faults.push(cutAfter(180_000), cutAfter(120_000));
  await expectBytes(source.read(0, SIZE), 0, SIZE);
});

test.each([429, 500, 503])('waits out a %d', async (code) => {
  const server = await start();
  server.faults.push(status(code));
  const source = await open(server);
  server.faults.push(status(code), status(code));
  await expectBytes(source.read(100_000, 100), 100_000, 100_100);
});

test('waits as long as the server asks, and not for one that asks too much', async () => {
  const server = await start();
  const waits: number[] = [];
  const source = await open(server, ({ waitMs }) => waits.push(waitMs));
  server.faults.push(status(429, { 'retry-after': '1' }));
  await source.read(100_000, 1);
  expect(waits).toEqual([1000]);
  server.faults.push(status(503, { 'retry-after': '100000' }));
  await expect(source.read(100_000, 1)).rejects.toMatchObject({ code: 'source-http', details: { status: 503 } });
});

test('gives up after the last attempt without progress and says how it failed', async () => {
  const server = await start();
  const source = await openUrlSource(server.url, { retry: IMPATIENT });
  server.faults.push(...Array.from({ length: 4 }, () => status(502)));
  await expect(source.read(100_000, 1)).rejects.toMatchObject({ code: 'source-http', details: { status: 502 } });
  server.faults.push(...Array.from({ length: 4 }, () => stall));
  await expect(source.read(100_000, 1)).rejects.toMatchObject({ code: 'source-stalled', details: { attempts: 4 } });
  // And the source is still good.
  await expectBytes(source.read(100_000, 1), 100_000, 100_001);
});

test('a stalled connection is left for a new one', async () => {
  const server = await start();
  const source = await openUrlSource(server.url, { retry: IMPATIENT });
  server.faults.push(stall);
  await expectBytes(source.read(100_000, 1000), 100_000, 101_000);
});

test.each([404, 403, 410])('a %d ends at once', async (code) => {
  const server = await start(status(code));
  await expect(open(server)).rejects.toMatchObject({ code: 'source-http', details: { status: code } });
  expect(server.ranges).toHaveLength(1);
});

test('nobody listening is unreachable', async () => {
  const server = await start();
  await server.close();
  await expect(open(server)).rejects.toMatchObject({ code: 'source-unreachable' });
  await expect(openUrlSource('no address')).rejects.toMatchObject({ code: 'source-unreachable' });
});

test.each([200, 206])('a web page served with status %d is no model', async (code) => {
  const page: Fault = (_request, response) =>
    void response
      .writeHead(code, { 'content-type': 'text/html; charset=utf-8', 'content-range': 'bytes 0-65535/300000' })
      .end('<html>');
  await expect(open(await start(page))).rejects.toMatchObject({ code: 'source-not-weights' });
});

test.each([
  ['the start', 'bytes 1-65536/300000'],
  ['a longer end', 'bytes 0-65536/300000'],
  ['nonsense', 'bytes 0-65535'],
  ['an end past the file', 'bytes 0-65535/100'],
  ['a huge size', 'bytes 0-65535/99999999999999999999'],
])('a Content-Range with another %s is refused', async (_what, range) => {
  const server = await start(
    (_request, response, file) =>
      void response.writeHead(206, { 'content-range': range }).end(file.bytes.subarray(0, 65_536)),
  );
  await expect(open(server)).rejects.toMatchObject({ code: 'source-protocol' });
});

test('a body longer than its range is refused', async () => {
  const server = await start();
  const source = await open(server);
  server.faults.push((request, response, file) => {
    const { start: from, end } = wantedRange(request, file)!;
    response.writeHead(206, { 'content-range': `bytes ${from}-${end - 1}/${SIZE}` }); // chunked: no length to hold it
    response.end(file.bytes.subarray(from, end + 1));
  });
  await expect(source.read(100_000, 1000)).rejects.toMatchObject({ code: 'source-protocol' });
});

test('a body shorter than its range is asked for again from there', async () => {
  const server = await start();
  const source = await open(server);
  server.faults.push((request, response, file) => {
    const { start: from, end } = wantedRange(request, file)!;
    response.writeHead(206, { 'content-range': `bytes ${from}-${end - 1}/${SIZE}` });
    response.end(file.bytes.subarray(from, end - 400));
  });
  await expectBytes(source.read(100_000, 1000), 100_000, 101_000);
  expect(server.ranges.at(-1)).toBe('bytes=100600-100999');
});

test.each([
  ['its ETag', (server: FaultServer) => (server.file.etag = '"v2"')],
  ['its length', (server: FaultServer) => ((server.file.bytes = patternBytes(200_000)), (server.file.etag = null))],
])('a file that changed midway is noticed by %s', async (what, change) => {
  const server = await start();
  const source = await open(server);
  change(server);
  await expect(source.read(100_000, 1000)).rejects.toMatchObject({ code: 'source-changed', details: { what } });
});

test('a file that became shorter than the range is a change', async () => {
  const server = await start();
  server.file.etag = null;
  const source = await open(server);
  server.file.bytes = FILE.slice(0, 90_000);
  await expect(source.read(100_000, 1000)).rejects.toMatchObject({
    code: 'source-changed',
    details: { after: 90_000 },
  });
});

test('a changed date is noticed where there is no ETag', async () => {
  const server = await start();
  server.file.etag = null;
  server.file.lastModified = 'Mon, 01 Jan 2024 00:00:00 GMT';
  const source = await open(server);
  server.file.lastModified = 'Tue, 02 Jan 2024 00:00:00 GMT';
  await expect(source.read(100_000, 1000)).rejects.toMatchObject({ code: 'source-changed' });
});

test('asks with If-Range, but not with a weak ETag', async () => {
  const server = await start();
  await (await open(server)).read(100_000, 1);
  expect(server.ifRanges).toEqual(['"v1"']);
  server.file.etag = 'W/"v1"';
  await (await open(server)).read(100_000, 1);
  expect(server.ifRanges).toHaveLength(1);
});

test('a compressed whole file is read through its own length', async () => {
  const zipped: Fault = (_request, response, file) =>
    void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(file.bytes));
  const source = await open(await start(zipped));
  expect(source.sizeBytes).toBe(SIZE);
  await expectBytes(source.read(123_456, 1000), 123_456, 124_456);
});

test('a compressed range is refused', async () => {
  const server = await start();
  const source = await open(server);
  server.faults.push((request, response, file) => {
    const { start: from, end } = wantedRange(request, file)!;
    const headers = { 'content-encoding': 'gzip', 'content-range': `bytes ${from}-${end - 1}/${SIZE}` };
    response.writeHead(206, headers).end(gzipSync(file.bytes.subarray(from, end)));
  });
  await expect(source.read(100_000, 1000)).rejects.toMatchObject({ code: 'source-protocol' });
});

test('an abort before, during a stall and during a wait ends with its own reason', async () => {
  const server = await start();
  const source = await openUrlSource(server.url, { retry: { ...QUICK, firstDelayMs: 10_000, maxDelayMs: 10_000 } });
  const reason = new Error('enough');
  await expect(source.read(100_000, 1, AbortSignal.abort(reason))).rejects.toBe(reason);
  for (const fault of [stall, status(500)]) {
    server.faults.push(fault);
    const controller = new AbortController();
    const reading = source.read(100_000, 1, controller.signal);
    setTimeout(() => controller.abort(reason), 30);
    await expect(reading).rejects.toBe(reason);
  }
});

test('an abort in a body without ranges leaves the source usable', async () => {
  const server = await start(serveWhole);
  const source = await open(server);
  server.faults.push((_request, response, file) => {
    response.writeHead(200, { 'content-length': SIZE });
    response.write(file.bytes.subarray(0, 1000));
  });
  const controller = new AbortController();
  const reading = source.read(0, 2000, controller.signal);
  const next = source.read(2000, 1000);
  setTimeout(() => controller.abort(), 30);
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  await expectBytes(next, 2000, 3000);
});

test('a closed source reads no more', async () => {
  const server = await start();
  const source = await open(server);
  server.faults.push(stall);
  const reading = source.read(100_000, 1000);
  setTimeout(() => source.close(), 30);
  await expect(reading).rejects.toMatchObject({ code: 'source-unreachable' });
});
