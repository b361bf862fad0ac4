import { AppError } from '#base/errors.ts';
import { RETRYABLE_STATUS, retryAfterMs } from './http-response.ts';
import { Trouble } from './retry.ts';
import { StreamReader } from './stream-reader.ts';

/** One request and its body. A connection that fails or falls silent throws a Trouble; the caller decides what it cost. */
export class Transfer {
  readonly response: Response;
  readonly #url: string;
  readonly #controller: AbortController;
  readonly #guard: Guard;
  readonly #reader: StreamReader | null;

  private constructor(url: string, response: Response, controller: AbortController, guard: Guard) {
    this.#url = url;
    this.response = response;
    this.#controller = controller;
    this.#guard = guard;
    this.#reader = response.body && new StreamReader(response.body);
  }

  /** Sends the request and waits for the headers; `signal` stays in force until the body is read or cancelled. */
  static async start(
    url: string,
    init: { readonly method?: string; readonly headers?: Record<string, string> },
    stallMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Transfer> {
    const controller = new AbortController();
    const guard = guardStalls(controller, stallMs, url, signal);
    const response = await guard(() =>
      fetch(url, {
        ...init,
        signal: controller.signal,
        cache: 'no-store', // gigabytes; we keep them ourselves
        referrerPolicy: 'no-referrer',
      }),
    );
    if (RETRYABLE_STATUS.has(response.status)) {
      controller.abort();
      const { status } = response;
      const next = status === 429 ? 'Too many requests: wait some minutes.' : 'The server is in trouble: try later.';
      throw new Trouble(
        () => new AppError('source-http', { url, status, next }),
        retryAfterMs(response.headers, Date.now()),
      );
    }
    return new Transfer(url, response, controller, guard);
  }

  /** The next bytes of the body, good until the next call; null at its end. */
  async next(): Promise<Uint8Array<ArrayBuffer> | null> {
    const reader = this.#reader;
    return reader && this.#guard(() => reader.next());
  }

  /** A Trouble for a body that ended early. */
  cut(got: number, wanted: number): Trouble {
    return new Trouble((attempts) => new AppError('source-cut', { url: this.#url, got, wanted, attempts }));
  }

  /** Ends the connection. The rest of the body is not wanted. */
  cancel(): void {
    this.#controller.abort();
    this.#reader?.release();
  }
}

type Guard = <T>(step: () => Promise<T>) => Promise<T>;

/** Wraps each wait for the network: no answer within `stallMs`, the caller's signal, and a failed connection are told apart. */
function guardStalls(
  controller: AbortController,
  stallMs: number,
  url: string,
  signal: AbortSignal | undefined,
): Guard {
  return async (step) => {
    let stalled = false;
    const timer = setTimeout(() => {
      stalled = true;
      controller.abort();
    }, stallMs);
    const onAbort = () => controller.abort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      return await step();
    } catch (cause) {
      signal?.throwIfAborted();
      const seconds = stallMs / 1000;
      if (stalled) throw new Trouble((attempts) => new AppError('source-stalled', { url, seconds, attempts }));
      // Fetch hides why: no network, no such host, a refused certificate and CORS are one TypeError by design.
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Trouble(() => new AppError('source-unreachable', { url, reason }, { cause }), null, { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  };
}
