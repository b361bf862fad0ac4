import type { AppError } from '#base/errors.ts';
import { isAppError } from '#base/errors.ts';
import type { ModelRecord, StoredFile } from './model-record.ts';
import type { WeightStore } from './weight-store.ts';

/** What was read for WebLLM since the counters were made. */
export type ReadCounters = { bytesRead: number; reads: number };

export type ReadOptions = {
  /** Checks the SHA-256 of every n-th chunk of the weights, sizes always; 1 unless given, which checks all. */
  readonly hashEvery?: number;
  /** Told of each chunk that was found damaged, before the read fails. */
  readonly onDamage?: (error: AppError) => void;
};

type Reading = {
  readonly key: string;
  readonly path: string;
  readonly isPooled: boolean;
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>;
};

/** Two buffers of 32 MiB hold nearly every file; the few larger ones (an output matrix) get memory of their own. */
const POOLED_BYTES = 32 * 1024 * 1024;
const POOLED_COUNT = 2;

/**
 * Reads files whole, each byte once. While WebLLM uploads one file of the weights, the next is read and checked. WebLLM is done
 * with a file of the weights when it asks for another one, so two buffers take turns, and memory stays flat over gigabytes.
 */
export class FileReaderAhead {
  readonly #store: WeightStore;
  readonly #counters: ReadCounters;
  readonly #options: ReadOptions;
  #given: Reading | null = null;
  #ahead: Reading | null = null;
  #free: ArrayBuffer[] = [];
  #pooledCount = 0;
  #hashedCount = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: WeightStore, counters: ReadCounters, options: ReadOptions) {
    this.#store = store;
    this.#counters = counters;
    this.#options = options;
  }

  /** The bytes of a file; of the weights, they are good until another file of the weights is asked for. */
  read(record: ModelRecord, file: StoredFile): Promise<Uint8Array<ArrayBuffer>> {
    if (file.kind !== 'weights') return this.#readFile(record, file, new ArrayBuffer(file.sizeBytes));
    const turn = this.#last.then(() => this.#readWeights(record, file));
    this.#last = turn.catch(() => {}); // told to whoever asked
    return turn;
  }

  /** Lets go of all memory, once what is being read has come. */
  release(): void {
    this.#last = this.#last.then(async () => {
      await this.#takeBack(this.#given);
      await this.#takeBack(this.#ahead);
      this.#given = this.#ahead = null;
      this.#free = [];
      this.#pooledCount = 0;
    });
  }

  async #readWeights(record: ModelRecord, file: StoredFile): Promise<Uint8Array<ArrayBuffer>> {
    const ahead = this.#ahead;
    this.#ahead = null;
    const isWanted = ahead?.key === record.key && ahead.path === file.path;
    if (!isWanted) await this.#takeBack(ahead);
    await this.#takeBack(this.#given);
    this.#given = isWanted ? ahead : this.#start(record, file);
    const next = nextWeights(record, file);
    // At the same time, so that reading one overlaps with hashing the other.
    if (next) this.#ahead = this.#start(record, next);
    return this.#given.bytes;
  }

  #start(record: ModelRecord, file: StoredFile): Reading {
    const pooled = file.sizeBytes <= POOLED_BYTES ? this.#pooledBuffer() : null;
    const bytes = this.#readFile(record, file, pooled ?? new ArrayBuffer(file.sizeBytes));
    bytes.catch(() => {}); // told to whoever asks for that file
    return { key: record.key, path: file.path, isPooled: pooled !== null, bytes };
  }

  #pooledBuffer(): ArrayBuffer | null {
    const buffer = this.#free.pop();
    if (buffer) return buffer;
    if (this.#pooledCount >= POOLED_COUNT) return null;
    this.#pooledCount++;
    return new ArrayBuffer(POOLED_BYTES);
  }

  async #takeBack(reading: Reading | null): Promise<void> {
    if (!reading?.isPooled) return;
    try {
      this.#free.push((await reading.bytes).buffer);
    } catch {
      this.#pooledCount--; // a failed read may have lost its buffer
    }
  }

  async #readFile(record: ModelRecord, file: StoredFile, into: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
    const { hashEvery = 1, onDamage } = this.#options;
    try {
      const bytes = await this.#store.readFile(record, file.path, {
        into,
        hashes: () => this.#hashedCount++ % hashEvery === 0,
      });
      this.#counters.bytesRead += bytes.byteLength;
      this.#counters.reads += file.chunks.length;
      return bytes;
    } catch (error) {
      if (isAppError(error, 'stored-chunk-damaged')) onDamage?.(error);
      throw error;
    }
  }
}

/** The file of the weights that is loaded after this one. */
function nextWeights({ files }: ModelRecord, file: StoredFile): StoredFile | null {
  const weights = files.filter(({ kind }) => kind === 'weights');
  const at = weights.findIndex(({ path }) => path === file.path);
  return weights[at + 1] ?? null;
}
