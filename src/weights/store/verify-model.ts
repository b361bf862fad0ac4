import { AppError, isAppError } from '#base/errors.ts';
import { MAX_CHUNK_BYTES, plannedBytes, type ModelRecord } from './model-record.ts';
import type { ChunkPlace, WeightStore } from './weight-store.ts';

export type Damage = ChunkPlace & { readonly reason: string };

export type VerifyOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
};

/** Reads every stored chunk and compares its SHA-256. Damaged ones are forgotten: the next import of the model brings only them. */
export async function verifyModel(
  store: WeightStore,
  key: string,
  { signal, onProgress }: VerifyOptions = {},
): Promise<{ readonly checkedBytes: number; readonly damage: readonly Damage[] }> {
  const record = await store.describe(key);
  if (!record) throw new AppError('stored-model-missing', { key });
  const totalBytes = plannedBytes(record);
  const damage: Damage[] = [];
  let checkedBytes = 0;
  // One buffer for all: gigabytes of new ones would wait for the collector.
  let buffer: ArrayBuffer | null = null;
  for (const { path, chunks } of record.files) {
    for (const [index, { sizeBytes, sha256 }] of chunks.entries()) {
      signal?.throwIfAborted();
      if (sha256 === null) continue;
      const read = store.readChunk(record, path, index, buffer ?? new ArrayBuffer(MAX_CHUNK_BYTES));
      buffer = await read.catch((error: unknown) => {
        damage.push(damageOf(error, path, index));
        return null;
      });
      checkedBytes += sizeBytes;
      onProgress?.(checkedBytes, totalBytes);
    }
  }
  if (damage.length > 0) await store.forget(key, damage);
  else if (record.state === 'complete') await store.noteIntact(key);
  return { checkedBytes, damage };
}

/** What is wrong with one stored chunk; null when it is what was stored. */
export async function checkChunk(
  store: WeightStore,
  record: ModelRecord,
  path: string,
  index: number,
): Promise<Damage | null> {
  try {
    await store.readChunk(record, path, index);
    return null;
  } catch (error) {
    return damageOf(error, path, index);
  }
}

/** The damage that an error tells of; rethrows any other error. */
function damageOf(error: unknown, path: string, index: number): Damage {
  if (!isAppError(error, 'stored-chunk-damaged')) throw error;
  return { path, index, reason: String(error.details['reason']) };
}
