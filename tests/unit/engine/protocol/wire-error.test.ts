import { describe, expect, it } from 'vitest';
import { AppError, isAppError } from '#base/errors.ts';
import { decodeError, encodeError } from '#engine/protocol/wire-error.ts';
import type { WireError } from '#engine/protocol/wire-error.ts';

/** Through a real structured clone, as between threads. */
const across = (error: unknown) => decodeError(structuredClone(encodeError(error)));

describe('errors between threads', () => {
  it('keep class, code, details, message, stack and cause', () => {
    const cause = new AppError('device-lost', { reason: 'unknown', message: 'gone' });
    const error = new AppError('self-test-failed', { check: 'matvec', value: 0.5, tolerance: 1e-3 }, { cause });
    const rebuilt = across(error);
    expect(isAppError(rebuilt, 'self-test-failed')).toBe(true);
    expect(rebuilt.message).toBe(error.message);
    expect(rebuilt.details).toEqual({ check: 'matvec', value: 0.5, tolerance: 1e-3 });
    expect(rebuilt.stack).toBe(error.stack);
    expect(isAppError(rebuilt.cause, 'device-lost')).toBe(true);
  });

  it('carry any other error as engine-failed with its name and message', () => {
    const rebuilt = across(new RangeError('too far'));
    expect(rebuilt.code).toBe('engine-failed');
    expect(rebuilt.details).toEqual({ name: 'RangeError', message: 'too far' });
    expect(rebuilt.message).toBe('The engine failed with RangeError: too far');
  });

  it('carry thrown values that are no errors', () => {
    expect(across('just text').details.message).toBe('just text');
    expect(across({ secret: 1 }).details.message).toBe('object');
    expect(across(undefined).details.message).toBe('undefined');
  });

  it('end a cause that points back to its error', () => {
    const error = new Error('round') as Error & { cause: unknown };
    error.cause = error;
    let depth = 0;
    for (let at: unknown = across(error); at instanceof Error; at = at.cause) depth++;
    expect(depth).toBe(5);
  });

  it('turn a code this side does not know into engine-failed', () => {
    const wire = { code: 'from-the-future', details: {}, stack: null, cause: null } as unknown as WireError;
    expect(decodeError(wire).message).toContain('from-the-future');
    expect(decodeError(wire).code).toBe('engine-failed');
  });
});
