import { AppError, isAppError, isErrorCode } from '#base/errors.ts';
import type { ErrorCode, ErrorDetails } from '#base/errors.ts';

// Structured clone drops an error's class and code, so errors cross threads as data and are built again.

/** An error as data. Anything that was no AppError travels as `engine-failed` with its name and message. */
export type WireError = {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly stack: string | null;
  readonly cause: WireError | null;
};

/** Causes kept: enough to find the reason, bounded because a cause may point back to its error. */
const MAX_CAUSES = 4;

export function encodeError(error: unknown, causesLeft = MAX_CAUSES): WireError {
  const isError = error instanceof Error;
  const cause =
    isError && error.cause !== undefined && causesLeft > 0 ? encodeError(error.cause, causesLeft - 1) : null;
  const stack = isError ? (error.stack ?? null) : null;
  if (isAppError(error)) return { code: error.code, details: error.details, stack, cause };
  const details = isError
    ? { name: error.name, message: error.message }
    : { name: 'a thrown value', message: typeof error === 'string' ? error : typeof error };
  return { code: 'engine-failed', details, stack, cause };
}

/** Rebuilds the error. A code this side does not know (an older page, a newer worker) becomes `engine-failed`. */
export function decodeError(wire: WireError): AppError {
  const options = wire.cause ? { cause: decodeError(wire.cause) } : {};
  const error = isErrorCode(wire.code)
    ? new AppError(wire.code, wire.details, options)
    : new AppError('engine-failed', { name: 'an unknown error', message: `code ${String(wire.code)}` }, options);
  if (wire.stack) error.stack = wire.stack;
  return error;
}
