// Each stage of an import by itself, with nothing beside it: what is slow alone is slow together.
import { openFileSource } from '#weights/source/blob-source.ts';
import { packChunk } from '#weights/import/pack-chunk.ts';
import type { PlannedChunk } from '#weights/import/plan.ts';
import { deleteModel } from '#weights/import/model-lock.ts';
import { sha256 } from '#weights/store/sha256.ts';
import { WeightStore } from '#weights/store/weight-store.ts';

export type Stage = 'read' | 'check and pack' | 'hash' | 'write' | 'delete';
export type StageTimes = { readonly elapsedMs: number };
type Asked = { readonly stage: Stage; readonly bytes: number; readonly file: File; readonly key: string };

const CHUNK_BYTES = 16 * 1024 * 1024;
/** What the stage `write` stores. */
const WRITTEN_KEY = 'bench';
const PART_BYTES = 4 * 1024 * 1024;
/** Rows of SOLAR's hidden size. */
const K = 4096;
const ROW_BYTES = (K / 32) * 18;
const ROWS = Math.floor(CHUNK_BYTES / ROW_BYTES);

// The project's types are a page's; this file alone runs as a worker's own scope.
const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
scope.addEventListener('message', (event) => void run(event.data as Asked), { once: true });

async function run({ stage, bytes, file, key }: Asked): Promise<void> {
  const work = await prepare(stage, file, key);
  const count = Math.floor(bytes / CHUNK_BYTES) || 1;
  const startedMs = performance.now();
  await work(count);
  scope.postMessage({ elapsedMs: performance.now() - startedMs } satisfies StageTimes);
}

/** What one stage does, ready to be timed over a number of chunks. */
async function prepare(stage: Stage, file: File, key: string): Promise<(count: number) => Promise<void>> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  const store = new WeightStore();
  if (stage === 'delete') {
    return async () => {
      await store.delete(WRITTEN_KEY);
      await deleteModel(store, key);
    };
  }
  if (stage === 'hash') {
    return async (count) => {
      for (let at = 0; at < count; at++) await sha256(chunk);
    };
  }
  if (stage === 'read') {
    const source = openFileSource(file);
    return async (count) => {
      for (let at = 0; at < count; at++) {
        const parts = [0, 1, 2, 3].map(async (part) => {
          const place = at * CHUNK_BYTES + part * PART_BYTES;
          await source.read(place, PART_BYTES, undefined, chunk.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
        });
        await Promise.all(parts);
      }
    };
  }
  if (stage === 'check and pack') {
    const bytes = new Uint8Array(await file.slice(-ROWS * ROW_BYTES).arrayBuffer());
    const source = bytes.map((byte) => byte & 0x3b);
    const planned = plannedRows();
    const target = new Uint8Array(planned.sizeBytes);
    return async (count) => {
      for (let at = 0; at < count; at++) packChunk(planned, [source], target);
    };
  }
  const weights = [{ path: 'a', chunkSizes: Array.from({ length: 4096 }, () => CHUNK_BYTES) }];
  const draft = { key: WRITTEN_KEY, name: '', identity: '', locators: [], layout: '1-a', description: null, weights };
  await store.delete(draft.key);
  await store.begin(draft);
  crypto.getRandomValues(chunk.subarray(0, 65_536));
  return async (count) => {
    let before: Promise<void> = Promise.resolve();
    for (let at = 0; at < count; at++) {
      const write = store.putChunk(draft.key, 'a', at, chunk);
      await before;
      before = write;
    }
    await before;
  };
}

function plannedRows(): PlannedChunk {
  const tensor = {
    name: 'a',
    type: 'Q4_0',
    kind: 'matrix',
    rows: ROWS,
    k: K,
    sourceRowBytes: ROW_BYTES,
    storedRowBytes: ROW_BYTES,
    fileIndex: 0,
    offset: 0,
  } as const;
  const sizeBytes = ROWS * ROW_BYTES;
  const segments = [{ tensor, firstRow: 0, rowCount: ROWS, at: 0, range: 0, rangeAt: 0 }];
  return { path: 'a', index: 0, sizeBytes, segments, ranges: [{ fileIndex: 0, offset: 0, length: sizeBytes }] };
}
