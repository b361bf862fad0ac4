// A small model in a store of its own: two files of weights in chunks of a few bytes, and the small files.
import { deleteDB, openDB } from 'idb';
import type { ModelDraft } from '#weights/store/model-record.ts';
import { WeightStore } from '#weights/store/weight-store.ts';
import { patternBytes } from '#tests/support/weights/pattern.ts';

let count = 0;
const opened: { store: WeightStore; name: string }[] = [];

/** A store in a database that no other test uses. */
export function openTestStore(name = `daylight-weights-test-${count++}`): { store: WeightStore; name: string } {
  const one = { store: new WeightStore(name), name };
  opened.push(one);
  return one;
}

/** For afterEach: closes and erases what openTestStore gave out. */
export async function closeTestStores(): Promise<void> {
  const all = opened.splice(0);
  all.forEach(({ store }) => store.close());
  for (const name of new Set(all.map((one) => one.name))) await deleteDB(name);
}

export const WEIGHTS = patternBytes(1000);
export const WEIGHTS_2 = patternBytes(300, 7);
export const CONFIG = new TextEncoder().encode('{"a":1}');

export const draftOf = (key = 'tiny', layout = 'layout-1'): ModelDraft => ({
  key,
  name: 'Tiny',
  identity: 'file|tiny|1300|5',
  locators: ['tiny.gguf'],
  layout,
  description: { anything: true },
  weights: [
    { path: 'params_shard_0.bin', chunkSizes: [400, 400, 200] },
    { path: 'params_shard_1.bin', chunkSizes: [300] },
  ],
});

export async function putAllChunks(store: WeightStore, key = 'tiny'): Promise<void> {
  await store.putChunk(key, 'params_shard_0.bin', 0, WEIGHTS.slice(0, 400));
  await store.putChunk(key, 'params_shard_0.bin', 1, WEIGHTS.slice(400, 800));
  await store.putChunk(key, 'params_shard_0.bin', 2, WEIGHTS.slice(800));
  await store.putChunk(key, 'params_shard_1.bin', 0, WEIGHTS_2);
}

/** Stores the whole model. */
export async function storeTiny(store: WeightStore, key = 'tiny'): Promise<void> {
  await store.begin(draftOf(key));
  await putAllChunks(store, key);
  await store.putFile(key, 'mlc-chat-config.json', CONFIG);
  await store.complete(key, { version: '1', profile: 'serial' });
}

/** Changes what lies in the database behind the store's back. */
export async function tamper(
  name: string,
  where: { store: 'models'; key: string } | { store: 'chunks'; key: [string, string, number] },
  change: (value: unknown) => unknown,
): Promise<void> {
  const db = await openDB(name);
  const value: unknown = await db.get(where.store, where.key);
  const changed = await change(value);
  if (changed === undefined) await db.delete(where.store, where.key);
  else await db.put(where.store, changed, where.key);
  db.close();
}
