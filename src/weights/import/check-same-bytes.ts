import { AppError } from '#base/errors.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import type { ModelRecord } from '#weights/store/model-record.ts';
import type { WeightStore } from '#weights/store/weight-store.ts';
import { packChunk } from './pack-chunk.ts';
import type { ImportPlan, PlannedChunk, Segment } from './plan.ts';

/** Of the source, to compare: weights are as good as random, so a few rows tell two files apart. */
const COMPARED_BYTES = 64 * 1024;

/**
 * Compares a few rows that are stored with what the source has in their place. Where a name stands for the bytes (a catalog's
 * entry), its file may have been replaced since, or come from another host; the header alone does not show that. Throws
 * `import-differs`.
 */
export async function checkSameBytes(
  store: WeightStore,
  record: ModelRecord,
  plan: ImportPlan,
  sources: readonly ByteSource[],
  signal: AbortSignal,
): Promise<void> {
  const place = newestRows(record, plan);
  if (!place) return;
  const { chunk, segment } = place;
  const { tensor, firstRow, at } = segment;
  const rowCount = Math.min(segment.rowCount, Math.max(1, Math.floor(COMPARED_BYTES / tensor.sourceRowBytes)));
  const offset = tensor.offset + firstRow * tensor.sourceRowBytes;
  const source = sources[tensor.fileIndex]!;
  const bytes = await source.read(offset, rowCount * tensor.sourceRowBytes, signal);

  const sizeBytes = rowCount * tensor.storedRowBytes;
  const made = new Uint8Array(sizeBytes);
  packChunk({ ...chunk, sizeBytes, segments: [{ ...segment, rowCount, at: 0, range: 0, rangeAt: 0 }] }, [bytes], made);
  const stored = new Uint8Array(await store.readChunk(record, chunk.path, chunk.index), at, sizeBytes);
  if (made.every((byte, index) => byte === stored[index])) return;
  const { path, index } = chunk;
  throw new AppError('import-differs', { key: record.key, url: source.locator, path, index });
}

/** Rows of a matrix in the newest stored chunk that has one. Norms are alike in every quantisation of a model. */
function newestRows(record: ModelRecord, { shards }: ImportPlan): { chunk: PlannedChunk; segment: Segment } | null {
  const chunks = shards.flatMap((shard) => shard.chunks);
  for (const chunk of chunks.reverse()) {
    const file = record.files.find(({ path }) => path === chunk.path);
    const segment = chunk.segments.find(({ tensor }) => tensor.kind === 'matrix');
    if (segment && file?.chunks[chunk.index]?.sha256) return { chunk, segment };
  }
  return null;
}
