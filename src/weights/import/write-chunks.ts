// Source to store: reads ahead, packs one chunk at a time into one buffer, and hands it on while the next is packed. Memory
// is bounded by chunks, never by the model: two groups of source bytes, one packed chunk, and what the sink holds of two.
import type { ByteSource } from '#weights/source/byte-source.ts';
import { packChunk } from './pack-chunk.ts';
import type { PlannedChunk } from './plan.ts';
import { readGroups } from './read-ahead.ts';

/** Takes a chunk. The bytes are copied before the promise is returned: the buffer is used again at once. */
export type ChunkSink = (chunk: PlannedChunk, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

export type WriteOptions = {
  readonly signal: AbortSignal;
  readonly onRead: (bytes: number) => void;
  readonly onWritten: (chunk: PlannedChunk) => void;
};

/** Chunks being stored at a time: one is hashed while the other is written. */
const MAX_WRITES = 2;
/** Four requests of 4 MiB: enough to fill a line of 1 Gbit/s at 100 ms, and at most 4 MiB to read again after a cut. */
const LANES = 4;
const PART_BYTES = 4 * 1024 * 1024;

/** Makes these chunks and hands each to the sink. Returns when all are stored; the first failure ends everything. */
export async function writeChunks(
  chunks: readonly PlannedChunk[],
  sources: readonly ByteSource[],
  sink: ChunkSink,
  { signal, onRead, onWritten }: WriteOptions,
): Promise<void> {
  const failed = new AbortController();
  const options = { signal: AbortSignal.any([signal, failed.signal]), lanes: LANES, partBytes: PART_BYTES, onRead };
  const groups = chunks.map(({ ranges }) => ranges);
  const buffer = new Uint8Array(Math.max(0, ...chunks.map(({ sizeBytes }) => sizeBytes)));
  const writing = new Set<Promise<void>>();
  let at = 0;
  try {
    for await (const ranges of readGroups(sources, groups, options)) {
      const chunk = chunks[at++]!;
      const bytes = buffer.subarray(0, chunk.sizeBytes);
      packChunk(chunk, ranges, bytes);
      const write = sink(chunk, bytes).then(() => {
        onWritten(chunk);
        writing.delete(write);
      });
      write.catch((error: unknown) => failed.abort(error)); // ends the reads; thrown by the race or at the end
      writing.add(write);
      if (writing.size >= MAX_WRITES) await Promise.race(writing);
    }
    await Promise.all(writing);
  } finally {
    await Promise.allSettled(writing); // nothing writes any more when this function has ended
  }
}
