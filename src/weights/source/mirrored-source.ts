// One file at several hosts. The first that can be opened is read; when it fails for good, another one takes over.
//
// Bytes of different files must never be mixed, and few hosts say what a file's bytes are. So a mirror is taken only when it
// publishes no other hash, and has the same size, the same first 64 KiB, and the same bytes at a few places of the weights that were read before.
import { AppError, isAppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { ByteSource } from './byte-source.ts';
import { publishedHash } from './published-hash.ts';
import { openUrlSource, type UrlSourceOptions } from './url-source.ts';

/** The same bytes at several addresses, the preferred one first. */
export type MirroredFile = {
  readonly urls: readonly string[];
  /** Null where it is not known exactly. */
  readonly sizeBytes: number | null;
  /** Of the whole file, as its host published it once; a mirror that publishes another one now is not opened. */
  readonly sha256?: string | null;
};

/** What the first request brings anyway: the model's name, shape and the first of its vocabulary. */
const HEAD_BYTES = 64 * 1024;
const SAMPLE_BYTES = 4096;
/** Of what was read: the first and the newest ones. Weights are as good as random, so one place already tells. */
const MAX_SAMPLES = 4;

type Sample = { readonly offset: number; readonly bytes: Uint8Array };

/**
 * Opens the first of the file's mirrors that can be opened and has the expected size. Throws `source-differs`, or what the
 * last mirror failed with.
 */
export async function openMirroredSource(file: MirroredFile, options: UrlSourceOptions = {}): Promise<ByteSource> {
  const source = new MirroredSource(file, options);
  await source.open(options.signal);
  return source;
}

class MirroredSource implements ByteSource {
  readonly #options: UrlSourceOptions;
  /** Not tried yet, in order. One that failed is not tried again: it had all the attempts there are. */
  readonly #untried: string[];
  #sizeBytes: number | null;
  readonly #sha256: string | null;
  readonly #samples: Sample[] = [];
  #current: ByteSource | null = null;
  #switching: Promise<ByteSource> | null = null;
  #failure: unknown = null;
  #isClosed = false;

  constructor({ urls, sizeBytes, sha256 = null }: MirroredFile, options: UrlSourceOptions) {
    this.#untried = [...urls];
    this.#sizeBytes = sizeBytes;
    this.#sha256 = sha256;
    this.#options = options;
  }

  get name(): string {
    return this.#opened.name;
  }

  get locator(): string {
    return this.#opened.locator;
  }

  get fingerprint(): string {
    return this.#opened.fingerprint;
  }

  get sizeBytes(): number {
    return this.#opened.sizeBytes;
  }

  async open(signal: AbortSignal | undefined): Promise<void> {
    this.#current = await this.#openNext(signal);
    if (this.#untried.length > 0) {
      // Already here from the opening, so no request is made for it.
      const length = Math.min(HEAD_BYTES, this.sizeBytes);
      this.#samples.push({ offset: 0, bytes: await this.#current.read(0, length, signal) });
    }
  }

  async read(
    offset: number,
    length: number,
    signal?: AbortSignal,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const source = this.#opened;
      try {
        const bytes = await source.read(offset, length, signal, into);
        this.#keepSample(offset, bytes);
        return bytes;
      } catch (error) {
        signal?.throwIfAborted();
        if (this.#isClosed || !isSourceFailure(error)) throw error;
        // Reads overlap: the first to fail changes the mirror, and the others go on with it.
        if (source === this.#opened) await this.#changeMirror(source, error);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#current?.close();
  }

  get #opened(): ByteSource {
    invariant(this.#current, 'a mirror is open before it is asked');
    return this.#current;
  }

  /** The search for a mirror is every reader's: it ends with the source, not with one read's signal. */
  async #changeMirror(failed: ByteSource, error: unknown): Promise<void> {
    this.#note(error);
    this.#switching ??= this.#openNext(this.#options.signal).finally(() => (this.#switching = null));
    const next = await this.#switching;
    if (this.#current !== failed) return;
    failed.close();
    this.#current = next;
    if (this.#isClosed) next.close();
  }

  /** Keeps why there may be no mirror left. That one holds other bytes outweighs that another is not there. */
  #note(error: unknown): void {
    if (!isAppError(this.#failure, 'source-differs')) this.#failure = error;
  }

  /** The next mirror that is there and holds the same bytes. */
  async #openNext(signal: AbortSignal | undefined): Promise<ByteSource> {
    for (let url = this.#untried.shift(); url !== undefined; url = this.#untried.shift()) {
      let source: ByteSource | null = null;
      try {
        await this.#checkPublished(url, signal);
        source = await openUrlSource(url, { ...this.#options, signal });
        await this.#checkSame(source, signal);
        this.#sizeBytes = source.sizeBytes;
        return source;
      } catch (error) {
        source?.close();
        signal?.throwIfAborted();
        if (!isSourceFailure(error)) throw error;
        this.#note(error);
      }
    }
    throw this.#failure;
  }

  async #checkPublished(url: string, signal: AbortSignal | undefined): Promise<void> {
    const expected = this.#sha256;
    const found = expected === null ? null : await publishedHash(url, signal);
    if (found === null || expected === null || found === expected) return;
    throw new AppError('source-differs', { url, what: 'the SHA-256 that its host publishes', found, expected });
  }

  async #checkSame(source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
    const differs = (what: string, found: string | number, expected: string | number) =>
      new AppError('source-differs', { url: source.locator, what, found, expected });
    if (this.#sizeBytes !== null && source.sizeBytes !== this.#sizeBytes) {
      throw differs('its length in bytes', source.sizeBytes, this.#sizeBytes);
    }
    for (const { offset, bytes } of this.#samples) {
      const found = await source.read(offset, bytes.length, signal);
      const at = found.findIndex((byte, index) => byte !== bytes[index]);
      if (at >= 0) throw differs(`the byte at ${offset + at}`, found[at]!, bytes[at]!);
    }
  }

  #keepSample(offset: number, bytes: Uint8Array): void {
    if (this.#untried.length === 0 || offset < HEAD_BYTES) return;
    if (this.#samples.length > MAX_SAMPLES) this.#samples.splice(2, 1);
    this.#samples.push({ offset, bytes: bytes.slice(0, SAMPLE_BYTES) });
  }
}

/** Anything about this host or its copy; not a cancelled call, and no mistake of ours. */
function isSourceFailure(error: unknown): error is AppError {
  return isAppError(error) && error.code.startsWith('source-');
}
