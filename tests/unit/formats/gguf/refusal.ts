import { expect } from 'vitest';
import { isAppError, type AppError, type ErrorCode } from '#base/errors.ts';

/** A bad file is refused within this time, whatever it claims. */
const LIMIT_MS = 50;
/** And without more memory than this, counted over all tries. */
const LIMIT_BYTES = 16 * 1024 * 1024;

/** Runs `parse` and gives the AppError it ends in, which has `code`, comes soon and cost little memory. */
export function refusal(parse: () => unknown, code: ErrorCode): AppError {
  const before = memoryBytes();
  let caught: unknown = null;
  let bestMs = Infinity;
  // The best of three: another process can take the machine away for longer than the limit.
  for (let attempt = 0; attempt < 3; attempt++) {
    const startMs = performance.now();
    try {
      const result = parse();
      expect.fail(
        `accepted: ${JSON.stringify(result, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`,
      );
    } catch (error) {
      caught = error;
    }
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  if (!isAppError(caught)) throw caught;
  expect({ code: caught.code, message: caught.message }).toMatchObject({ code });
  expect(caught.message).not.toMatch(/\{\w+\}/); // every placeholder was filled
  expect(bestMs).toBeLessThan(LIMIT_MS);
  expect(memoryBytes() - before).toBeLessThan(LIMIT_BYTES);
  return caught;
}

function memoryBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
