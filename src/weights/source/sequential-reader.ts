import { AppError } from '#base/errors.ts';
import type { Transfer } from './transfer.ts';

/**
 * Reads a file whose server knows no ranges: one long body, from which reads in rising order take their part and skip the
 * rest. A read that goes back begins the body again. Reads wait for each other.
 */
export class SequentialReader {
  readonly #open: (signal: AbortSignal | undefined) => Promise<Transfer>;
  readonly #url: string;
  #transfer: Transfer | null = null;
  #position = 0;
  #rest = new Uint8Array(0);
  #last: Promise<unknown> = Promise.resolve();

  /** `open` begins the body anew. */
  constructor(url: string, open: (signal: AbortSignal | undefined) => Promise<Transfer>) {
    this.#url = url;
    this.#open = open;
  }

  /** Fills `into` with the bytes from `offset` on, calling `filled` as they come. Throws a Trouble when the body breaks. */
  read(
    offset: number,
    into: Uint8Array,
    signal: AbortSignal | undefined,
    filled: (count: number) => void,
  ): Promise<void> {
    const turn = this.#last.then(() => this.#readNow(offset, into, signal, filled));
    this.#last = turn.catch(() => {}); // the next reader starts over; this one's caller has the error
    return turn;
  }

  cancel(): void {
    this.#transfer?.cancel();
    this.#transfer = null;
  }

  async #readNow(
    offset: number,
    into: Uint8Array,
    signal: AbortSignal | undefined,
    filled: (count: number) => void,
  ): Promise<void> {
    signal?.throwIfAborted();
    // The body outlives this read, so its signal cannot be the body's own: an abort ends the body.
    const onAbort = () => this.cancel();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#moveTo(offset, signal);
      let got = 0;
      while (got < into.length) {
        if (this.#rest.length === 0) await this.#receive(into.length);
        const piece = this.#take(into.length - got);
        into.set(piece, got);
        got += piece.length;
        filled(piece.length);
      }
    } catch (error) {
      this.cancel();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #moveTo(offset: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#transfer === null || this.#position > offset) {
      this.cancel();
      this.#position = 0;
      this.#rest = new Uint8Array(0);
      this.#transfer = await this.#open(signal);
    }
    while (this.#position < offset) {
      if (this.#rest.length === 0) await this.#receive(offset);
      this.#take(offset - this.#position);
    }
  }

  /** Up to `limit` of the bytes that have come. */
  #take(limit: number): Uint8Array {
    const piece = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(piece.length);
    this.#position += piece.length;
    return piece;
  }

  async #receive(wanted: number): Promise<void> {
    const transfer = this.#transfer;
    if (transfer === null) throw new AppError('source-unreachable', { url: this.#url, reason: 'it was closed' });
    const bytes = await transfer.next();
    if (bytes === null) throw transfer.cut(this.#position, wanted);
    this.#rest = bytes;
  }
}
