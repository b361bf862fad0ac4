// Waiting and trying again. Only a Trouble is worth another attempt; everything else ends the transfer at once.
import type { AppError } from '#base/errors.ts';

export type RetryPolicy = {
  /** Attempts without a single new byte before giving up. */
  readonly attempts: number;
  /** The same, for the first contact with a server: a wrong address should not take a minute to show. */
  readonly firstAttempts: number;
  /** The first wait; each further one is twice as long, up to `maxDelayMs`, and each is shortened by up to a half. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A server that asks for a longer wait is not waited for. */
  readonly maxRetryAfterMs: number;
  /** Silence after which a connection counts as dead. */
  readonly stallMs: number;
};

/** Eight attempts spread over about a minute and a half: a laptop that changes networks, a server that restarts. */
export const PATIENT: RetryPolicy = {
  attempts: 8,
  firstAttempts: 3,
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  maxRetryAfterMs: 120_000,
  stallMs: 30_000,
};

export type RetryReport = {
  readonly url: string;
  readonly error: AppError;
  readonly attempt: number;
  readonly waitMs: number;
};

/** A failure that may pass. Says what it is once it is known how often it happened. */
export class Trouble extends Error {
  readonly describe: (attempts: number) => AppError;
  /** How long the server asks to wait; null when it does not say. */
  readonly retryAfterMs: number | null;

  constructor(describe: (attempts: number) => AppError, retryAfterMs: number | null = null, options?: ErrorOptions) {
    super('a transfer was interrupted', options);
    this.describe = describe;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Runs `attempt` until it returns. Between Troubles it waits, longer each time; `progressed`, which `attempt` calls when new
 * bytes came, starts the count anew. After `attempts` Troubles in a row the last one is thrown as its AppError.
 */
export async function retrying<T>(
  url: string,
  policy: RetryPolicy,
  attempts: number,
  signal: AbortSignal | undefined,
  onRetry: ((report: RetryReport) => void) | undefined,
  attempt: (progressed: () => void) => Promise<T>,
): Promise<T> {
  let failures = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt(() => (failures = 0));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      signal?.throwIfAborted();
      failures++;
      const asked = error.retryAfterMs;
      if (failures >= attempts || (asked !== null && asked > policy.maxRetryAfterMs)) throw error.describe(failures);
      const backOff = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (failures - 1));
      // Many clients that were cut off together should not come back together.
      const waitMs = asked ?? backOff * (0.5 + Math.random() / 2);
      onRetry?.({ url, error: error.describe(failures), attempt: failures, waitMs });
      await wait(waitMs, signal);
    }
  }
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
