import { afterEach, expect, test } from 'vitest';
import { deleteModel } from '#weights/import/model-lock.ts';
import type { WeightStore } from '#weights/store/weight-store.ts';
import { closeTestStores, openTestStore, tamper } from '#tests/support/weights/stored-model.ts';

afterEach(closeTestStores);

const CHUNK_BYTES = 8 * 1024 * 1024;
const CHUNK_COUNT = 4;
/** The database's own files come and go by less. */
const SLACK_BYTES = 2 * 1024 * 1024;

async function storeLarge(store: WeightStore, key: string): Promise<void> {
  const chunkSizes = Array.from({ length: CHUNK_COUNT }, () => CHUNK_BYTES);
  const weights = [{ path: 'params_shard_0.bin', chunkSizes }];
  const description = null;
  await store.begin({ key, name: key, identity: key, locators: [], layout: '1-a', description, weights });
  const bytes = new Uint8Array(CHUNK_BYTES);
  for (let at = 0; at < CHUNK_BYTES; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  for (let index = 0; index < CHUNK_COUNT; index++) {
    await store.putChunk(key, 'params_shard_0.bin', index, bytes);
  }
}

/** What the browser says, once it says so or some seconds have passed: it may follow its files with a delay. */
async function usageBecomes(isReached: (bytes: number) => boolean): Promise<number> {
  const until = performance.now() + 10_000;
  for (;;) {
    const { usage = 0 } = await navigator.storage.estimate();
    if (isReached(usage) || performance.now() > until) return usage;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('deleting a model gives its bytes back to the browser, and all of them give back all', async () => {
  const { store, name } = openTestStore();
  await store.list();
  const { usage: empty = 0 } = await navigator.storage.estimate();
  await storeLarge(store, 'one');
  // A browser without a profile on disk counts less than the bytes; that it counts them at all is what is needed here.
  const one = await usageBecomes((bytes) => bytes > empty + 2 * CHUNK_BYTES);
  expect(one).toBeGreaterThan(empty + 2 * CHUNK_BYTES);
  await storeLarge(store, 'two');
  const two = await usageBecomes((bytes) => bytes > one + 2 * CHUNK_BYTES);
  expect(two).toBeGreaterThan(one + 2 * CHUNK_BYTES);

  await deleteModel(store, 'two');
  expect(await usageBecomes((bytes) => bytes < one + SLACK_BYTES)).toBeLessThan(one + SLACK_BYTES);
  await storeLarge(store, 'three');
  await tamper(name, { store: 'models', key: 'three' }, () => 'no record');
  await storeLarge(store, 'four');
  await tamper(name, { store: 'models', key: 'four' }, () => undefined); // its chunks belong to nobody
  for (const key of ['one', 'three']) await deleteModel(store, key);
  expect(await store.list()).toEqual([]);
  expect(await store.listDamaged()).toEqual([]);
  expect(await usageBecomes((bytes) => bytes < empty + SLACK_BYTES)).toBeLessThan(empty + SLACK_BYTES);
});
