import { afterEach, expect, test } from 'vitest';
import { openFirst } from '#weights/import/choose-source.ts';
import { isFrom, pieceUrls, type GgufSource } from '#weights/import/open-sources.ts';
import { PATIENT } from '#weights/source/retry.ts';
import { createRecord, withChunk, type ModelRecord } from '#weights/store/model-record.ts';
import { startFaultServer, status, type Fault, type FaultServer } from '#tests/support/weights/fault-server.ts';
import { patternBytes } from '#tests/support/weights/pattern.ts';

const servers: FaultServer[] = [];
async function start(behave?: Fault): Promise<FaultServer> {
  const server = await startFaultServer(patternBytes(1000), behave);
  servers.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const options = { retry: { ...PATIENT, attempts: 2, firstAttempts: 1, firstDelayMs: 1 } };
const sourceOf = (...mirrors: FaultServer[]): GgufSource => ({
  kind: 'urls',
  urls: [{ urls: mirrors.map(({ url }) => url), sizeBytes: null }],
});
const locators = async (sources: GgufSource[], begun: ModelRecord[] = []) =>
  (await openFirst(sources, begun, options)).map(({ locator }) => locator);

function begunFrom(url: string, storedChunks: number): ModelRecord {
  const weights = [{ path: 'params_shard_0.bin', chunkSizes: [400, 600] }];
  const description = null;
  const draft = { key: 'a', name: 'A', identity: 'a@1', locators: [url], layout: '1-a', description, weights };
  const record = createRecord(draft, 1);
  return storedChunks > 0 ? withChunk(record, 'params_shard_0.bin', 0, 'a'.repeat(64)) : record;
}

test('takes the first source that can be opened', async () => {
  const [gone, here, other] = [await start(status(404)), await start(), await start()];
  expect(await locators([sourceOf(here), sourceOf(other)])).toEqual([here.url]);
  expect(await locators([sourceOf(gone), sourceOf(here)])).toEqual([here.url]);
  expect(other.ranges).toEqual([]);
});

test('says what the preferred source failed with when none can be opened', async () => {
  const sources = [sourceOf(await start(status(403))), sourceOf(await start(status(404)))];
  await expect(locators(sources)).rejects.toMatchObject({ code: 'source-http', details: { status: 403 } });
});

test('goes on with the source that something is stored of, though another is preferred', async () => {
  const [preferred, begun] = [await start(), await start()];
  expect(await locators([sourceOf(preferred), sourceOf(begun)], [begunFrom(begun.url, 1)])).toEqual([begun.url]);
  expect(preferred.ranges).toEqual([]);
});

test('waits for the source that something is stored of, rather than beginning another', async () => {
  const [gone, here] = [await start(status(404)), await start()];
  const sources = [sourceOf(gone), sourceOf(here)];
  await expect(locators(sources, [begunFrom(gone.url, 1)])).rejects.toMatchObject({
    code: 'import-waits',
    details: { key: 'a', storedBytes: 400, url: gone.url },
    cause: { code: 'source-http' },
  });
  expect(here.ranges).toEqual([]);
  // Nothing of it is stored yet, so nothing is lost with it.
  expect(await locators(sources, [begunFrom(gone.url, 0)])).toEqual([here.url]);
  // A mirror of it will do as well.
  expect(await locators([sourceOf(gone, here)], [begunFrom(gone.url, 1)])).toEqual([here.url]);
});

test('a source with a single place fails with its own error', async () => {
  const gone = await start(status(404));
  await expect(locators([sourceOf(gone)], [begunFrom(gone.url, 1)])).rejects.toMatchObject({ code: 'source-http' });
});

test('an abort is no reason to try the next source', async () => {
  const here = await start();
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(openFirst([sourceOf(here), sourceOf(here)], [], { ...options, signal })).rejects.toThrow('enough');
});

test('knows a model by any mirror of its pieces', () => {
  const piece = (host: string, n: number) => `https://${host}/m-0000${n}-of-00002.gguf`;
  const source: GgufSource = { kind: 'urls', urls: [{ urls: [piece('a', 1), piece('b', 1)], sizeBytes: 5 }] };
  expect(pieceUrls(source.urls)).toEqual([
    { urls: [piece('a', 1), piece('b', 1)], sizeBytes: 5 },
    { urls: [piece('a', 2), piece('b', 2)], sizeBytes: null },
  ]);
  expect(isFrom(source, [piece('a', 1), piece('b', 2)])).toBe(true);
  expect(isFrom(source, [piece('a', 1)])).toBe(false);
  expect(isFrom(source, [piece('a', 1), piece('c', 2)])).toBe(false);
  expect(isFrom({ kind: 'files', files: [] }, [])).toBe(false);
});
