// Reads what the next chunks need while the present one is packed. A range is cut into parts that are read side by side:
// several requests hide the network's delay, and bound what one retry repeats.
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

/** Gives the bytes of each group of ranges, in order. Ending it early, or an error, ends its reads. */
export async function* readGroups(
  sources: readonly ByteSource[],
  groups: readonly (readonly SourceRange[])[],
  options: ReadAheadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>[]> {
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const gate = new Gate(options.lanes);
  const reading: Promise<Uint8Array<ArrayBuffer>[]>[] = [];
  const start = (group: readonly SourceRange[]) => {
    const all = Promise.all(
      group.map((range) => readRange(sources[range.fileIndex]!, range, gate, { ...options, signal })),
    );
    all.catch(() => {}); // thrown where its turn comes
    reading.push(all);
  };
  try {
    for (let at = 0; at < groups.length; at++) {
      while (reading.length + at <= Math.min(at + GROUPS_AHEAD, groups.length - 1)) start(groups[at + reading.length]!);
      yield await reading.shift()!;
    }
  } finally {
    ended.abort();
  }
}

async function readRange(
  source: ByteSource,
  { offset, length }: SourceRange,
  gate: Gate,
  { signal, partBytes, onRead }: ReadAheadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  const parts: Promise<void>[] = [];
  for (let at = 0; at < length; at += partBytes) {
    const partLength = Math.min(partBytes, length - at);
    const readPart = async () => {
      signal.throwIfAborted();
      bytes.set(await source.read(offset + at, partLength, signal), at);
      onRead(partLength);
    };
    parts.push(gate.run(readPart));
  }
  await Promise.all(parts);
  return bytes;
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
