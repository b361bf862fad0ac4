import { AppError, isAppError } from '#base/errors.ts';

/** Any thrown value as an AppError, so that the page has a code to find words for. */
export function asAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const [name, message] = error instanceof Error ? [error.name, error.message] : ['a thrown value', String(error)];
  return new AppError('engine-failed', { name, message }, { cause: error });
}

/** What a developer needs to know about an error and nothing that a person wrote. */
export function detailsOf(error: AppError, surroundings: Readonly<Record<string, string>>): string {
  const lines = [`code: ${error.code}`, `message: ${error.message}`];
  for (let cause = error.cause; cause instanceof Error && lines.length < 8; cause = cause.cause) {
    lines.push(`because: ${cause.name}: ${cause.message}`);
  }
  for (const [name, value] of Object.entries(surroundings)) lines.push(`${name}: ${value}`);
  return lines.join('\n');
}
