// A file on a web server, read by ranges. A server without ranges is read from the beginning, in order. Every answer is
// checked before a byte of it is believed: a whole file is never taken for a part, nor a changed file for the first one.
import { AppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { ByteSource } from './byte-source.ts';
import { findChange, readRangeAnswer, type RangeAnswer, type Validators } from './http-response.ts';
import { PATIENT, retrying, type RetryPolicy, type RetryReport } from './retry.ts';
import { SequentialReader } from './sequential-reader.ts';
import { Transfer } from './transfer.ts';

export type UrlSourceOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Told of every interruption that is waited out. */
  readonly onRetry?: ((report: RetryReport) => void) | undefined;
};

/** Asked for first: enough for most of a header, little to throw away. */
const HEAD_BYTES = 64 * 1024;
/** A body of unknown length is read once just to measure it; beyond this it is refused. 256 MiB: a minute on a slow line. */
const MEASURE_LIMIT_BYTES = 256 * 1024 * 1024;

/** Opens a file by its absolute URL and learns its length; throws `source-…` when it is not there or no model file. */
export async function openUrlSource(url: string, options: UrlSourceOptions = {}): Promise<ByteSource> {
  const source = new UrlSource(url, options);
  await source.open(options.signal);
  return source;
}

class UrlSource implements ByteSource {
  readonly name: string;
  readonly locator: string;
  sizeBytes = 0;
  readonly #options: UrlSourceOptions;
  readonly #policy: RetryPolicy;
  readonly #closing = new AbortController();
  #validators: Validators = { etag: null, lastModified: null };
  #head = new Uint8Array(0);
  #sequential: SequentialReader | null = null;

  constructor(url: string, options: UrlSourceOptions) {
    const address = parseAddress(url);
    this.locator = address.href;
    this.name = fileNameOf(address);
    this.#options = options;
    this.#policy = options.retry ?? PATIENT;
  }

  get fingerprint(): string {
    const { etag, lastModified } = this.#validators;
    return `url|${this.locator}|${this.sizeBytes}|${etag ?? lastModified ?? ''}`;
  }

  async open(signal: AbortSignal | undefined): Promise<void> {
    await this.#retrying(signal, this.#policy.firstAttempts, async (any) => {
      const { transfer, answer } = await this.#request({ start: 0, end: HEAD_BYTES }, any);
      if (answer.kind === 'beyond') {
        transfer.cancel();
        if (answer.sizeBytes) throw this.#protocol(`no bytes at 0 of ${answer.sizeBytes}`, 'the first bytes');
        this.sizeBytes = 0;
        return;
      }
      this.#validators = answer.validators;
      if (answer.kind === 'whole') {
        await this.#openWhole(transfer, answer, any);
        return;
      }
      const sizeBytes = answer.sizeBytes ?? (await this.#askSize(any));
      // A server that hides Content-Range may have sent less than was asked for, at the end of a short file.
      const head = new Uint8Array(Math.min(answer.end, sizeBytes));
      await this.#fill(transfer, head, head.length, () => {});
      this.#head = head;
      this.sizeBytes = sizeBytes;
    });
  }

  async read(
    offset: number,
    length: number,
    signal?: AbortSignal,
    into = new Uint8Array(length),
  ): Promise<Uint8Array<ArrayBuffer>> {
    invariant(offset >= 0 && length >= 0 && offset + length <= this.sizeBytes, 'reads stay inside the file');
    if (offset + length <= this.#head.length) {
      into.set(this.#head.subarray(offset, offset + length));
      return into;
    }
    let got = 0;
    await this.#retrying(signal, this.#policy.attempts, async (any, progressed) => {
      const filled = (count: number) => {
        got += count;
        progressed();
      };
      while (got < length && !this.#sequential) {
        await this.#readRange(offset + got, into.subarray(got), any, filled);
      }
      if (got < length) await this.#sequential!.read(offset + got, into.subarray(got), any, filled);
    });
    return into;
  }

  close(): void {
    this.#closing.abort(new AppError('source-unreachable', { url: this.locator, reason: 'it was closed' }));
    this.#sequential?.cancel();
    this.#head = new Uint8Array(0);
  }

  /** Reads a part of what `into` wants, at least one byte; returns without any when the server turns out to know no ranges. */
  async #readRange(
    start: number,
    into: Uint8Array,
    signal: AbortSignal,
    filled: (count: number) => void,
  ): Promise<void> {
    const { transfer, answer } = await this.#request({ start, end: start + into.length }, signal);
    try {
      if (answer.kind === 'beyond') throw this.#changed('its length', this.sizeBytes, answer.sizeBytes ?? 'less');
      this.#checkUnchanged(answer);
      if (answer.kind === 'part') {
        await this.#fill(transfer, into.subarray(0, answer.end - start), into.length, filled);
        return;
      }
    } catch (error) {
      transfer.cancel();
      throw error;
    }
    // The body ends with this read's signal; the sequential reader begins one that lives on.
    transfer.cancel();
    this.#beginSequential();
  }

  async #openWhole(transfer: Transfer, answer: RangeAnswer & { kind: 'whole' }, signal: AbortSignal): Promise<void> {
    if (answer.sizeBytes !== null) {
      transfer.cancel();
      this.sizeBytes = answer.sizeBytes;
    } else {
      this.sizeBytes = await this.#measure(transfer, answer.encoding, signal);
    }
    this.#beginSequential();
  }

  /** Counts the bytes of a body whose length is not said. */
  async #measure(transfer: Transfer, encoding: string | null, signal: AbortSignal): Promise<number> {
    let sizeBytes = 0;
    for (let bytes = await transfer.next(); bytes !== null; bytes = await transfer.next()) {
      sizeBytes += bytes.length;
      signal.throwIfAborted();
      if (sizeBytes <= MEASURE_LIMIT_BYTES) continue;
      transfer.cancel();
      const url = this.locator;
      if (encoding === null) throw new AppError('source-size-unknown', { url });
      throw new AppError('source-encoded', { url, encoding, sizeBytes, limit: MEASURE_LIMIT_BYTES });
    }
    return sizeBytes;
  }

  #beginSequential(): void {
    const open = async () => {
      const transfer = await Transfer.start(this.locator, {}, this.#policy.stallMs, this.#closing.signal);
      try {
        const answer = this.#answerOf(transfer, { start: 0, end: this.sizeBytes });
        if (answer.kind !== 'whole') throw this.#protocol(`status ${transfer.response.status}`, 'the whole file');
        this.#checkUnchanged(answer);
        return transfer;
      } catch (error) {
        transfer.cancel();
        throw error;
      }
    };
    this.#sequential ??= new SequentialReader(this.locator, open);
  }

  /** The length of a file whose Content-Range another site's server hides: Content-Length is always shown. */
  async #askSize(signal: AbortSignal): Promise<number> {
    const transfer = await Transfer.start(this.locator, { method: 'HEAD' }, this.#policy.stallMs, signal);
    const { status, headers } = transfer.response;
    const text = headers.get('content-length');
    transfer.cancel();
    if (status !== 200 || text === null || !/^\d{1,15}$/.test(text)) {
      throw new AppError('source-size-unknown', { url: this.locator });
    }
    return Number(text);
  }

  /** Fills `into` from a body that must end exactly there; a shorter one is a Trouble. `wanted` is for the message. */
  async #fill(transfer: Transfer, into: Uint8Array, wanted: number, filled: (count: number) => void): Promise<void> {
    let got = 0;
    for (let bytes = await transfer.next(); bytes !== null; bytes = await transfer.next()) {
      if (got + bytes.length > into.length) {
        transfer.cancel();
        throw this.#protocol(`more than ${into.length} bytes`, `${into.length} bytes`);
      }
      into.set(bytes, got);
      got += bytes.length;
      filled(bytes.length);
    }
    if (got < into.length) throw transfer.cut(got, wanted);
  }

  async #request(
    range: { start: number; end: number },
    signal: AbortSignal,
  ): Promise<{ transfer: Transfer; answer: RangeAnswer }> {
    const headers: Record<string, string> = { Range: `bytes=${range.start}-${range.end - 1}` };
    const { etag } = this.#validators;
    if (etag !== null && !etag.startsWith('W/') && isSameOrigin(this.locator)) headers['If-Range'] = etag;
    const transfer = await Transfer.start(this.locator, { headers }, this.#policy.stallMs, signal);
    try {
      return { transfer, answer: this.#answerOf(transfer, range) };
    } catch (error) {
      transfer.cancel();
      throw error;
    }
  }

  #answerOf(transfer: Transfer, range: { start: number; end: number }): RangeAnswer {
    return readRangeAnswer(this.locator, transfer.response, range);
  }

  #checkUnchanged(answer: RangeAnswer & { kind: 'part' | 'whole' }): void {
    if (answer.sizeBytes !== null && answer.sizeBytes !== this.sizeBytes) {
      throw this.#changed('its length', this.sizeBytes, answer.sizeBytes);
    }
    const change = findChange(this.#validators, answer.validators);
    if (change) throw this.#changed(change.what, change.before, change.after);
  }

  #changed(what: string, before: string | number, after: string | number): AppError {
    return new AppError('source-changed', { url: this.locator, what, before, after });
  }

  #protocol(found: string, expected: string): AppError {
    return new AppError('source-protocol', { url: this.locator, found, expected });
  }

  #retrying<T>(
    signal: AbortSignal | undefined,
    attempts: number,
    attempt: (any: AbortSignal, progressed: () => void) => Promise<T>,
  ): Promise<T> {
    const any = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    return retrying(this.locator, this.#policy, attempts, any, this.#options.onRetry, (progressed) =>
      attempt(any, progressed),
    );
  }
}

/** If-Range on a request to another site needs that site's leave (a preflight), which hosts of models do not give. */
function isSameOrigin(url: string): boolean {
  return !('location' in globalThis) || new URL(url).origin === globalThis.location.origin;
}

function parseAddress(url: string): URL {
  if (!URL.canParse(url)) throw new AppError('source-unreachable', { url, reason: 'this is no web address' });
  const address = new URL(url);
  address.hash = '';
  return address;
}

function fileNameOf(address: URL): string {
  const name = address.pathname.split('/').at(-1) || address.host;
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a stray % is no escape
  }
}
