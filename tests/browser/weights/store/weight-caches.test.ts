import { afterEach, expect, test } from 'vitest';
import { patternBytes } from '#tests/support/weights/pattern.ts';
import { fileUrl, modelUrl } from '#weights/store/addresses.ts';
import { createWeightCaches } from '#weights/store/weight-caches.ts';
import {
  closeTestStores,
  CONFIG,
  draftOf,
  openTestStore,
  putAllChunks,
  storeTiny,
  tamper,
  WEIGHTS,
  WEIGHTS_2,
} from '#tests/support/weights/stored-model.ts';

afterEach(closeTestStores);

const SHARDS = ['params_shard_0.bin', 'params_shard_1.bin'] as const;

async function setUp() {
  const { store, name } = openTestStore();
  await storeTiny(store);
  const counters = { bytesRead: 0, reads: 0 };
  const caches = createWeightCaches(store, counters);
  return { store, name, counters, caches, cache: await caches.open('webllm/model') };
}
const ask = (path: string) => new Request(fileUrl('tiny', path));

test('WebLLM finds its addresses under the model', () => {
  expect(fileUrl('tiny', 'a.json')).toBe(new URL('resolve/main/a.json', `${modelUrl('tiny')}/`).href);
});

test('lists every file of complete models and reads nothing for it', async () => {
  const { cache, counters, store } = await setUp();
  await store.begin(draftOf('half'));
  await putAllChunks(store, 'half');
  const urls = (await cache.keys()).map(({ url }) => url);
  expect(urls.sort()).toEqual([...SHARDS, 'mlc-chat-config.json'].map((path) => fileUrl('tiny', path)).sort());
  expect(counters).toEqual({ bytesRead: 0, reads: 0 });
});

test('matches a file without reading it, and reads every byte once', async () => {
  const { cache, counters } = await setUp();
  for (const path of [...SHARDS, 'mlc-chat-config.json']) {
    expect(await cache.match(ask(path))).toBeInstanceOf(Response); // WebLLM asks twice
  }
  expect(counters.reads).toBe(0);
  const config = (await cache.match(ask('mlc-chat-config.json')))!;
  expect(config.ok).toBe(true);
  expect(config.headers.get('content-type')).toBe('application/json');
  expect(await config.json()).toEqual({ a: 1 });
  const first = await (await cache.match(ask(SHARDS[0])))!.arrayBuffer();
  expect(new Uint8Array(first)).toEqual(WEIGHTS);
  const second = await (await cache.match(fileUrl('tiny', SHARDS[1])))!.arrayBuffer();
  expect(new Uint8Array(second)).toEqual(WEIGHTS_2);
  expect(counters).toEqual({ bytesRead: 1300 + CONFIG.length, reads: 5 });
});

test('files of every size come whole through two buffers that take turns', async () => {
  const { store } = openTestStore();
  const MIB = 1024 * 1024;
  const cuts = [[5 * MIB], [20 * MIB, 13 * MIB], [100], [3 * MIB, 3 * MIB], [200], [MIB]];
  const paths = cuts.map((_, index) => `params_shard_${index}.bin`);
  const weights = cuts.map((chunkSizes, index) => ({ path: paths[index]!, chunkSizes }));
  await store.begin({ ...draftOf(), weights });
  const contents = cuts.map((sizes, index) =>
    patternBytes(
      sizes.reduce((a, b) => a + b),
      index + 1,
    ),
  );
  for (const [file, sizes] of cuts.entries()) {
    let at = 0;
    for (const [index, size] of sizes.entries()) {
      await store.putChunk('tiny', paths[file]!, index, contents[file]!.slice(at, at + size));
      at += size;
    }
  }
  await store.complete('tiny', { version: '1', profile: 'serial' });
  const counters = { bytesRead: 0, reads: 0 };
  const caches = createWeightCaches(store, counters);
  const cache = await caches.open('webllm/model');
  for (const order of [paths, paths, [...paths].reverse()]) {
    counters.bytesRead = 0;
    for (const path of order) {
      const bytes = (await (await cache.match(ask(path)))!.bytes()) as Uint8Array;
      const expected = contents[paths.indexOf(path)]!;
      expect(bytes.length).toBe(expected.length);
      expect(bytes.every((byte, at) => byte === expected[at])).toBe(true);
    }
    if (order[0] === paths[0]) expect(counters.bytesRead).toBe(contents.reduce((sum, { length }) => sum + length, 0));
  }
  caches.release();
  expect((await (await cache.match(ask(paths[0]!)))!.arrayBuffer()).byteLength).toBe(5 * MIB);
});

test('what is not there is not there, and is never fetched', async () => {
  const { cache, store } = await setUp();
  await store.begin(draftOf('half'));
  expect(await cache.match(fileUrl('half', SHARDS[0]))).toBeUndefined();
  expect(await cache.match(ask('other.bin'))).toBeUndefined();
  expect(await cache.match('https://example.org/a')).toBeUndefined();
  expect(await cache.match(fileUrl('none', SHARDS[0]))).toBeUndefined();
  await expect(cache.add(ask('other.bin'))).rejects.toMatchObject({ code: 'stored-file-missing' });
  expect(await cache.delete(ask(SHARDS[0]))).toBe(false);
  expect(await cache.match(ask(SHARDS[0]))).toBeDefined();
});

test.each<[string, (value: unknown) => unknown]>([
  ['damaged', async (blob) => new Blob([new Uint8Array((blob as Blob).size)])],
  ['missing', () => undefined],
])('a %s chunk fails the read of its shard, by name', async (_what, change) => {
  const { cache, name } = await setUp();
  await tamper(name, { store: 'chunks', key: ['tiny', SHARDS[1], 0] }, change);
  expect(new Uint8Array(await (await cache.match(ask(SHARDS[0])))!.arrayBuffer())).toEqual(WEIGHTS);
  await expect((await cache.match(ask(SHARDS[1])))!.arrayBuffer()).rejects.toMatchObject({
    code: 'stored-chunk-damaged',
    details: { key: 'tiny', path: SHARDS[1], index: 0 },
  });
});

test('with sampled hashes a wrong size is still found everywhere', async () => {
  const { store, name } = openTestStore();
  await storeTiny(store);
  await tamper(name, { store: 'chunks', key: ['tiny', SHARDS[0], 1] }, (blob) => (blob as Blob).slice(1));
  const damage: string[] = [];
  const caches = createWeightCaches(
    store,
    { bytesRead: 0, reads: 0 },
    { hashEvery: 1000, onDamage: ({ code }) => damage.push(code) },
  );
  const response = (await (await caches.open('x')).match(ask(SHARDS[0])))!;
  await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'stored-chunk-damaged', details: { index: 1 } });
  expect(damage).toEqual(['stored-chunk-damaged']);
});

test('what was read ahead for nobody is dropped', async () => {
  const { caches, cache, counters } = await setUp();
  await (await cache.match(ask(SHARDS[0])))!.arrayBuffer();
  caches.release();
  expect(new Uint8Array(await (await cache.match(ask(SHARDS[1])))!.arrayBuffer())).toEqual(WEIGHTS_2);
  expect(counters.bytesRead).toBeGreaterThanOrEqual(1300);
});
