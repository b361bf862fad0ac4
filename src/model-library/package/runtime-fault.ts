// The one place that turns the runtime's failures into AppErrors. The runtime writes "DaylightLibrary[code]: sentence"
// (runtime/assembly/fault.ts has the same numbers); WebLLM throws that text as an ordinary Error.
import { AppError, type ErrorCode } from '#base/errors.ts';

const CODES: Readonly<Record<number, ErrorCode>> = {
  1: 'library-trap',
  2: 'library-unprogrammed',
  3: 'library-call',
  4: 'library-parameter',
  5: 'library-parameter',
  6: 'library-context-full',
  7: 'library-call',
  8: 'library-call',
  9: 'library-kernel',
  10: 'library-context-full',
  11: 'library-gpu',
  12: 'library-call',
  13: 'library-call',
  14: 'library-call',
  15: 'library-memory',
};

/** The AppError behind an error that the library raised through WebLLM; null when it came from elsewhere. */
export function runtimeFault(error: unknown): AppError | null {
  if (!(error instanceof Error)) return null;
  const match = /DaylightLibrary\[(\d+)\]: ([^\n]*)/.exec(error.message);
  const code = match ? CODES[Number(match[1])] : undefined;
  if (match && code) return new AppError(code, { reason: match[2] ?? '' }, { cause: error });
  // A trap leaves no text of its own; the glue lets it through as it is.
  if (error instanceof WebAssembly.RuntimeError)
    return new AppError('library-trap', { reason: error.message }, { cause: error });
  return null;
}
