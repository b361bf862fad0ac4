// Reads what the next chunks need while the present one is packed. A range is cut into parts that are read side by side:
// several requests hide the network's delay, and bound what one retry repeats. The buffers are used over and over: memory that
// is only allocated and dropped grows until the browser finds time to collect it.
import type { ByteSource } from '#weights/source/byte-source.ts';
import type { SourceRange } from './plan.ts';

export type ReadAheadOptions = {
  readonly signal: AbortSignal;
  /** Parts read at the same time. */
  readonly lanes: number;
  readonly partBytes: number;
  /** Told of the bytes of each part that came. */
  readonly onRead: (bytes: number) => void;
};

/** Groups in memory: the one that was given out and the one being read. */
const GROUPS_AHEAD = 1;

/**
 * Gives the bytes of each group of ranges, in order; they are good until the next group is asked for. Ending it early, or an
 * error, ends its reads.
 */
export async function* readGroups(
  sources: readonly ByteSource[],
  groups: readonly (readonly SourceRange[])[],
  options: ReadAheadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>[]> {
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const gate = new Gate(options.lanes);
  const largest = Math.max(0, ...groups.map(lengthOf));
  const buffers = Array.from({ length: Math.min(groups.length, GROUPS_AHEAD + 1) }, () => new Uint8Array(largest));
  const reading: Promise<Uint8Array<ArrayBuffer>[]>[] = [];
  const start = (index: number) => {
    const places = cutBuffer(buffers[index % buffers.length]!, groups[index]!);
    const reads = groups[index]!.map((range, at) =>
      readRange(sources[range.fileIndex]!, range, places[at]!, gate, { ...options, signal }),
    );
    const all = Promise.all(reads).then(() => places);
    all.catch(() => {}); // thrown where its turn comes
    reading.push(all);
  };
  try {
    for (let at = 0; at < groups.length; at++) {
      const last = Math.min(at + GROUPS_AHEAD, groups.length - 1);
      while (at + reading.length <= last) start(at + reading.length);
      yield await reading.shift()!;
    }
  } finally {
    ended.abort();
  }
}

const lengthOf = (group: readonly SourceRange[]): number => group.reduce((sum, { length }) => sum + length, 0);

/** The part of a buffer that each range of a group gets. */
function cutBuffer(buffer: Uint8Array<ArrayBuffer>, group: readonly SourceRange[]): Uint8Array<ArrayBuffer>[] {
  let end = 0;
  return group.map(({ length }) => buffer.subarray((end += length) - length, end));
}

async function readRange(
  source: ByteSource,
  { offset, length }: SourceRange,
  into: Uint8Array<ArrayBuffer>,
  gate: Gate,
  { signal, partBytes, onRead }: ReadAheadOptions,
): Promise<void> {
  const parts: Promise<void>[] = [];
  for (let at = 0; at < length; at += partBytes) {
    const partLength = Math.min(partBytes, length - at);
    const readPart = async () => {
      signal.throwIfAborted();
      await source.read(offset + at, partLength, signal, into.subarray(at, at + partLength));
      onRead(partLength);
    };
    parts.push(gate.run(readPart));
  }
  await Promise.all(parts);
}

/** Lets a number of tasks run at a time, first come, first served. */
class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(lanes: number) {
    this.#free = lanes;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
