import { deleteDB, openDB } from 'idb';
import { afterEach, expect, test, vi } from 'vitest';
import { WeightDatabase } from '#weights/store/database.ts';
import { verifyModel } from '#weights/store/verify-model.ts';
import { LIBRARY_PATH } from '#weights/store/weight-store.ts';
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

afterEach(async () => {
  vi.restoreAllMocks();
  await closeTestStores();
});

const SHARD = 'params_shard_0.bin';

test('what was stored is read back, in another connection', async () => {
  const { store, name } = openTestStore();
  await storeTiny(store);
  const other = openTestStore(name).store;
  const record = (await other.describe('tiny'))!;
  expect(record).toMatchObject({ state: 'complete', name: 'Tiny', library: { profile: 'serial' } });
  expect(record.description).toEqual({ anything: true });
  expect(await other.readRange(record, SHARD, 0, 1000)).toEqual(WEIGHTS);
  expect(await other.readRange(record, SHARD, 399, 402)).toEqual(WEIGHTS.slice(399, 801));
  expect(await other.readRange(record, 'mlc-chat-config.json', 0, CONFIG.length)).toEqual(CONFIG);
  expect(await other.list()).toEqual([record]);
});

test('the buffer of a chunk may be used again while it is being stored', async () => {
  const { store } = openTestStore();
  await store.begin(draftOf());
  const buffer = WEIGHTS_2.slice();
  const storing = store.putChunk('tiny', 'params_shard_1.bin', 0, buffer);
  buffer.fill(0);
  await storing;
  const record = (await store.describe('tiny'))!;
  expect(await store.readRange(record, 'params_shard_1.bin', 0, 300)).toEqual(WEIGHTS_2);
});

test('an import goes on with the chunks that are there', async () => {
  const { store, name } = openTestStore();
  await store.begin(draftOf());
  await store.putChunk('tiny', SHARD, 1, WEIGHTS.slice(400, 800));
  store.close();
  const record = await openTestStore(name).store.begin(draftOf());
  expect(record.state).toBe('importing');
  expect(record.files[0]!.chunks.map(({ sha256 }) => sha256 !== null)).toEqual([false, true, false]);
});

test('another layout of the same model begins anew', async () => {
  const { store, name } = openTestStore();
  await storeTiny(store);
  const record = await store.begin(draftOf('tiny', 'layout-2'));
  expect(record.state).toBe('importing');
  const db = await openDB(name);
  expect(await db.count('chunks')).toBe(0);
  db.close();
});

test('a model with a missing chunk cannot be completed', async () => {
  const { store } = openTestStore();
  await store.begin(draftOf());
  await store.putChunk('tiny', SHARD, 0, WEIGHTS.slice(0, 400));
  await expect(store.complete('tiny', { version: '1', profile: 'serial' })).rejects.toMatchObject({
    code: 'stored-model-incomplete',
    details: { reason: `${SHARD} lacks chunk 1` },
  });
});

test('deleting frees what the model took and leaves the others', async () => {
  const { store, name } = openTestStore();
  await storeTiny(store, 'one');
  await storeTiny(store, 'one-more');
  await store.delete('one');
  expect((await store.list()).map(({ key }) => key)).toEqual(['one-more']);
  const db = await openDB(name);
  const keys = (await db.getAllKeys('chunks')) as [string, string, number][];
  expect(new Set(keys.map(([key]) => key))).toEqual(new Set(['one-more']));
  db.close();
  await store.delete('one'); // a second time is fine
});

test('the library of a model is replaced all at once', async () => {
  const { store } = openTestStore();
  await storeTiny(store);
  const wasm = new Uint8Array([0, 1, 2]);
  await store.replaceModelLibrary('tiny', wasm, { version: '2', profile: 'parallel' });
  const record = (await store.describe('tiny'))!;
  expect(record.library).toEqual({ version: '2', profile: 'parallel' });
  expect(await store.readRange(record, LIBRARY_PATH, 0, 3)).toEqual(wasm);
  expect(record.state).toBe('complete');
});

test('a library is not put into a model that is not whole', async () => {
  const { store } = openTestStore();
  await store.begin(draftOf());
  const stamp = { version: '1', profile: 'serial' };
  await expect(store.replaceModelLibrary('tiny', new Uint8Array(1), stamp)).rejects.toMatchObject({
    code: 'stored-model-incomplete',
  });
  await expect(store.replaceModelLibrary('none', new Uint8Array(1), stamp)).rejects.toMatchObject({
    code: 'stored-model-missing',
  });
});

const DAMAGES: [string, (value: unknown) => unknown][] = [
  ['one changed bit', async (blob) => flipped(blob as Blob)],
  ['zeros at full length', (blob) => new Blob([new Uint8Array((blob as Blob).size)])],
  ['a short chunk', (blob) => (blob as Blob).slice(0, 399)],
  ['a chunk of another type', () => 'text'],
  ['a missing chunk', () => undefined],
];

test.each(DAMAGES)('verify finds %s, and only that chunk is brought anew', async (_what, change) => {
  const { store, name } = openTestStore();
  await storeTiny(store);
  await tamper(name, { store: 'chunks', key: ['tiny', SHARD, 0] }, change);
  const record = (await store.describe('tiny'))!;
  await expect(store.readChunk(record, SHARD, 0)).rejects.toMatchObject({
    code: 'stored-chunk-damaged',
    details: { path: SHARD, index: 0 },
  });
  const seen: number[] = [];
  const result = await verifyModel(store, 'tiny', { onProgress: (done) => seen.push(done) });
  expect(result.damage).toMatchObject([{ path: SHARD, index: 0 }]);
  expect(result.checkedBytes).toBe(1300 + CONFIG.length);
  expect(seen.at(-1)).toBe(result.checkedBytes);

  const damaged = await store.begin(draftOf());
  expect(damaged.state).toBe('importing');
  expect(damaged.files[0]!.chunks.map(({ sha256 }) => sha256 !== null)).toEqual([false, true, true]);
  await store.putChunk('tiny', SHARD, 0, WEIGHTS.slice(0, 400));
  await store.complete('tiny', { version: '1', profile: 'serial' });
  expect((await verifyModel(store, 'tiny')).damage).toEqual([]);
  expect((await store.describe('tiny'))!.verifiedAt).not.toBeNull();
});

test('verify stops at an abort and misses no model silently', async () => {
  const { store } = openTestStore();
  await storeTiny(store);
  const reason = new Error('enough');
  await expect(verifyModel(store, 'tiny', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(verifyModel(store, 'none')).rejects.toMatchObject({ code: 'stored-model-missing' });
});

test.each<[string, unknown]>([
  ['a text', 'hello'],
  ['another schema', { schema: 2, key: 'tiny' }],
  ['no files', { schema: 1, key: 'tiny', state: 'complete', name: '', identity: '', locators: [], layout: '' }],
])('a record that is %s is refused, hides no other model, and can be deleted', async (_what, value) => {
  const { store, name } = openTestStore();
  await storeTiny(store);
  await storeTiny(store, 'other');
  await tamper(name, { store: 'models', key: 'tiny' }, () => value);
  await expect(store.describe('tiny')).rejects.toMatchObject({ code: 'stored-record-invalid' });
  expect((await store.list()).map(({ key }) => key)).toEqual(['other']);
  expect((await store.listDamaged()).map(({ details }) => details['key'])).toEqual(['tiny']);
  await store.delete('tiny');
  expect(await store.listDamaged()).toEqual([]);
});

test('a record that says complete and lacks a chunk is refused', async () => {
  const { store, name } = openTestStore();
  await storeTiny(store);
  await tamper(name, { store: 'models', key: 'tiny' }, (value) => {
    const record = structuredClone(value) as { files: { chunks: { sha256: string | null }[] }[] };
    record.files[0]!.chunks[0]!.sha256 = null;
    return record;
  });
  await expect(store.describe('tiny')).rejects.toMatchObject({ code: 'stored-record-invalid' });
});

test('a full disk says how much is needed and keeps what is stored', async () => {
  const { store } = openTestStore();
  await store.begin(draftOf());
  await store.putChunk('tiny', SHARD, 0, WEIGHTS.slice(0, 400));
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  await expect(store.putChunk('tiny', SHARD, 1, WEIGHTS.slice(400, 800))).rejects.toMatchObject({
    code: 'storage-full',
    details: { neededBytes: 400 },
  });
  put.mockRestore();
  const record = await store.begin(draftOf());
  expect(record.files[0]!.chunks.map(({ sha256 }) => sha256 !== null)).toEqual([true, false, false]);
  await putAllChunks(store); // and it goes on when there is room again
});

test('a failing disk is told in words', async () => {
  const { store } = openTestStore();
  await store.begin(draftOf());
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('Internal error.', 'UnknownError');
  });
  await expect(store.putChunk('tiny', SHARD, 1, WEIGHTS.slice(400, 800))).rejects.toMatchObject({
    code: 'storage-failed',
    details: { action: 'store a chunk' },
  });
});

test('gives way to another tab that deletes the database, and comes back', async () => {
  const { store, name } = openTestStore();
  await storeTiny(store);
  await deleteDB(name);
  expect(await store.list()).toEqual([]);
  await storeTiny(store);
});

test('a tab that upgrades the database leaves this one out of date, not broken', async () => {
  const { store, name } = openTestStore();
  await storeTiny(store);
  const newer = await openDB(name, 2);
  await expect(store.list()).rejects.toMatchObject({ code: 'storage-outdated' });
  await expect(openTestStore(name).store.list()).rejects.toMatchObject({ code: 'storage-outdated' });
  newer.close();
});

test('a tab that holds an older version open and does not let go is named', async () => {
  const name = openTestStore().name;
  const held = await openDB(name, 1, { upgrade: (db) => void db.createObjectStore('models') });
  const database = new WeightDatabase(name, 2);
  await expect(database.run('list', 0, (db) => db.getAllKeys('models'))).rejects.toMatchObject({
    code: 'storage-blocked',
  });
  held.close();
  expect(await database.run('list', 0, (db) => db.getAllKeys('models'))).toEqual([]);
  database.close();
});

async function flipped(blob: Blob): Promise<Blob> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  bytes[123]! ^= 4;
  return new Blob([bytes]);
}
