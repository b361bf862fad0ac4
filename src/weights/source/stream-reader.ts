// A stream's bytes in memory that is used again and again. Gigabytes of small new buffers would wait for the collector: an import
// of 6 GB by `read()` of a default reader was measured at twice the memory and twice the processor time in Chromium 156.

/** 512 KiB: what Chromium's pipe to a worker holds. */
const BUFFER_BYTES = 512 * 1024;
/** Of all readers of a thread together. */
const MAX_SPARE = 8;
const spare: ArrayBuffer[] = [];

/** Readers with a read under way, held from outside for the reason that store/read-blob.ts gives. */
const reading = new Set<StreamReader>();

/** Reads a stream to its end, or until what feeds the stream is aborted. */
export class StreamReader {
  readonly #bytes: ReadableStreamBYOBReader | null;
  readonly #chunks: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null;
  /** Null while the stream has it, and once it is given back. */
  #buffer: ArrayBuffer | null = null;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#bytes = byteReader(stream);
    this.#chunks = this.#bytes ? null : stream.getReader();
  }

  /** The next bytes, good until the next call; null at the end. */
  async next(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (!this.#bytes) {
      const { value, done } = await this.#chunks!.read();
      return done ? null : value;
    }
    const buffer = this.#buffer ?? spare.pop() ?? new ArrayBuffer(BUFFER_BYTES);
    this.#buffer = null;
    reading.add(this);
    try {
      const { value, done } = await this.#bytes.read(new Uint8Array(buffer));
      if (value) this.#buffer = value.buffer;
      if (!done && value) return value;
      this.release();
      return null;
    } finally {
      reading.delete(this);
    }
  }

  /** Says that nothing more is read: the memory is another reader's from now on. */
  release(): void {
    if (this.#buffer && spare.length < MAX_SPARE) spare.push(this.#buffer);
    this.#buffer = null;
  }
}

/** Null for streams that fill no memory of ours. */
function byteReader(stream: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStreamBYOBReader | null {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
