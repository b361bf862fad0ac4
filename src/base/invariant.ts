import { AppError } from '#base/errors.ts';

/** Throws when something the code itself guarantees does not hold. Not for input from outside. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new AppError('invariant', { what });
}
