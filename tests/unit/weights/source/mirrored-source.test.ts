import { afterEach, expect, test } from 'vitest';
import { openMirroredSource } from '#weights/source/mirrored-source.ts';
import { PATIENT, type RetryPolicy } from '#weights/source/retry.ts';
import {
  cutAfter,
  serveHidden,
  serveRanges,
  serveWhole,
  stall,
  startFaultServer,
  status,
  type Fault,
  type FaultServer,
} from '#tests/support/weights/fault-server.ts';
import { patternBytes } from '#tests/support/weights/pattern.ts';

const SIZE = 300_000;
const FILE = patternBytes(SIZE);
/** The same beginning and length, other weights: what two quantisations of one model can look like. */
const OTHER_WEIGHTS = FILE.map((byte, at) => (at < 100_000 ? byte : byte ^ 1));
const QUICK: RetryPolicy = { ...PATIENT, attempts: 3, firstDelayMs: 2, maxDelayMs: 10, stallMs: 150 };

const servers: FaultServer[] = [];
async function start(behave?: Fault, bytes: Uint8Array = FILE): Promise<FaultServer> {
  const server = await startFaultServer(bytes, behave);
  servers.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const open = (mirrors: readonly FaultServer[], sizeBytes: number | null = null) =>
  openMirroredSource({ urls: mirrors.map(({ url }) => url), sizeBytes }, { retry: QUICK });
async function expectBytes(reading: Promise<Uint8Array>, from: number, to: number): Promise<void> {
  expect(Buffer.compare(await reading, FILE.subarray(from, to))).toBe(0);
}
/** Behaves until it is told to fail, then only fails. */
function failsLater(fault: Fault): { behave: Fault; fail: () => void } {
  let fails = false;
  return {
    behave: (request, response, file) => (fails ? fault : serveRanges)(request, response, file),
    fail: () => void (fails = true),
  };
}

const page: Fault = (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
const another: Fault = (request, response, file) =>
  serveRanges(request, response, { ...file, bytes: file.bytes.slice(0, -1), etag: '"v2"' });

const FAULTS: [string, Fault][] = [
  ['answers 404', status(404)],
  ['answers 403', status(403)],
  ['answers 500 again and again', status(500)],
  ['asks for too long a wait', status(429, { 'retry-after': '100000' })],
  ['serves a web page', page],
  ['falls silent', stall],
  ['cuts every connection', cutAfter(0)],
  ['has another file now', another],
];

test.each(FAULTS)('where one mirror %s, the next takes over in the middle', async (_what, fault) => {
  const { behave, fail } = failsLater(fault);
  const [first, second] = [await start(behave), await start()];
  const source = await open([first, second]);
  expect(source.locator).toBe(first.url);
  await expectBytes(source.read(100_000, 50_000), 100_000, 150_000);
  fail();
  const places = [150_000, 180_000, 210_000, 240_000];
  await Promise.all(places.map((at) => expectBytes(source.read(at, 30_000), at, at + 30_000)));
  expect(source.locator).toBe(second.url);
  expect(source.sizeBytes).toBe(SIZE);
});

test.each(FAULTS.filter(([what]) => what !== 'has another file now' && what !== 'falls silent'))(
  'a mirror that %s from the beginning is passed over',
  async (_what, fault) => {
    const source = await open([await start(fault), await start()]);
    await expectBytes(source.read(0, SIZE), 0, SIZE);
  },
);

test('a mirror that hides what it has, or knows no ranges, serves all the same', async () => {
  for (const poor of [serveHidden, serveWhole]) {
    const { behave, fail } = failsLater(status(404));
    const source = await open([await start(behave), await start(poor)]);
    await source.read(70_000, 1000);
    fail();
    await expectBytes(source.read(100_000, 50_000), 100_000, 150_000);
  }
});

test('mirrors are asked only when they are needed', async () => {
  const [first, second] = [await start(), await start()];
  const source = await open([first, second]);
  await source.read(100_000, 1000);
  expect(second.ranges).toEqual([]);
});

test.each<[string, Uint8Array, string]>([
  ['another length', patternBytes(SIZE - 1), 'its length in bytes'],
  ['another beginning', FILE.map((byte, at) => (at === 500 ? byte ^ 1 : byte)), 'the byte at 500'],
  ['other weights under the same header', OTHER_WEIGHTS, 'the byte at 100000'],
])('a mirror with %s is left out, and the one after it serves', async (_what, bytes, what) => {
  const { behave, fail } = failsLater(status(404));
  const [first, wrong, right] = [await start(behave), await start(serveRanges, bytes), await start()];
  const source = await open([first, wrong, right]);
  await source.read(100_000, 1000);
  fail();
  await expectBytes(source.read(200_000, 1000), 200_000, 201_000);
  expect(source.locator).toBe(right.url);

  // And without that one: nothing of the wrong file is given out.
  const again = failsLater(status(404));
  const rest = await open([await start(again.behave), wrong]);
  await rest.read(100_000, 1000);
  again.fail();
  const error = { code: 'source-differs', details: { url: wrong.url, what } };
  await expect(rest.read(200_000, 1000)).rejects.toMatchObject(error);
  await expect(rest.read(200_000, 1000)).rejects.toMatchObject(error);
});

test('a known length decides from the beginning', async () => {
  const [wrong, right] = [await start(serveRanges, FILE.slice(0, -5)), await start()];
  expect((await open([wrong, right], SIZE)).locator).toBe(right.url);
  await expect(open([wrong], SIZE)).rejects.toMatchObject({
    code: 'source-differs',
    details: { found: SIZE - 5, expected: SIZE },
  });
  // What a mirror differs in says more than that another one is not there.
  await expect(open([wrong, await start(status(404))], SIZE)).rejects.toMatchObject({ code: 'source-differs' });
});

test('when no mirror is left, the last failure is told', async () => {
  await expect(open([await start(status(404)), await start(status(403))])).rejects.toMatchObject({
    code: 'source-http',
    details: { status: 403 },
  });
});

test('an abort ends a read with its reason, and no mirror is given up for it', async () => {
  const { behave, fail } = failsLater(stall);
  const [first, second] = [await start(behave), await start()];
  const source = await open([first, second]);
  fail();
  const abort = new AbortController();
  const reading = source.read(100_000, 1000, abort.signal);
  const reason = new Error('enough');
  setTimeout(() => abort.abort(reason), 30);
  await expect(reading).rejects.toBe(reason);
  expect(second.ranges).toEqual([]);
});

test('a closed source looks for no mirror', async () => {
  const { behave, fail } = failsLater(stall);
  const [first, second] = [await start(behave), await start()];
  const source = await open([first, second]);
  fail();
  const reading = source.read(100_000, 1000);
  setTimeout(() => source.close(), 30);
  await expect(reading).rejects.toMatchObject({ code: 'source-unreachable' });
  expect(second.ranges).toEqual([]);
});
