// The one table of everything that can go wrong. Codes are for programs, messages for developers;
// the UI alone turns codes into words for users. A message says what happened, the value, the limit and the next step.
// This file imports nothing.

export type ErrorDetails = Readonly<Record<string, string | number | boolean | bigint | null>>;

/** Placeholders in braces are filled from the error's details. Keep the groups; add yours to its group. */
const MESSAGES = {
  // base
  invariant: 'This should be impossible: {what}.',

  // formats: GGUF
  'gguf-truncated': 'The file ends at byte {size} inside {what}, which needs {needed} bytes.',

  // formats: tokenizer and chat template

  // weights: sources

  // weights: store and import

  // model library

  // engine
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof MESSAGES;

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(fill(MESSAGES[code], details), options);
    this.code = code;
    this.details = details;
  }
}

/** True for an AppError, also one rebuilt on another thread; narrows by `code` where one is given. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof Error && error.name === 'AppError' && (code === undefined || (error as AppError).code === code);
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(MESSAGES, code);
}

function fill(message: string, details: ErrorDetails): string {
  return message.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(details, name) ? String(details[name]) : placeholder,
  );
}
