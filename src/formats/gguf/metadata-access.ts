// Typed access to metadata: null for a key that is absent, an AppError for a value that is not what its key promises.
import { AppError } from '#base/errors.ts';
import { shorten, type Metadata, type MetadataValue } from '#formats/gguf/metadata.ts';

export type Range = { readonly least: number; readonly most: number };

/** An integer within `range`, both ends included. */
export function integerAt(metadata: Metadata, key: string, range: Range): number | null {
  const value = metadata.get(key);
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= range.least && value <= range.most) return value;
  throw wrong(key, value, `an integer from ${range.least} to ${range.most}`);
}

/** A finite number within `range`, both ends included. */
export function numberAt(metadata: Metadata, key: string, range: Range): number | null {
  const value = metadata.get(key);
  if (value === undefined) return null;
  if (typeof value === 'number' && value >= range.least && value <= range.most) return value;
  throw wrong(key, value, `a number from ${range.least} to ${range.most}`);
}

export function booleanAt(metadata: Metadata, key: string): boolean | null {
  const value = metadata.get(key);
  if (value === undefined || typeof value === 'boolean') return value ?? null;
  throw wrong(key, value, 'true or false');
}

export function textAt(metadata: Metadata, key: string): string | null {
  const value = metadata.get(key);
  if (value === undefined || typeof value === 'string') return value ?? null;
  throw wrong(key, value, 'a text');
}

/** A list of strings. */
export function textsAt(metadata: Metadata, key: string): readonly string[] | null {
  const value = metadata.get(key);
  if (value === undefined) return null;
  // An empty list has no first element to look at; whatever its type was, it holds no string.
  if (Array.isArray(value) && (value.length === 0 || typeof value[0] === 'string')) return value as readonly string[];
  throw wrong(key, value, 'a list of strings');
}

/** `value`, or an AppError saying that `key` is missing. */
export function required<T>(value: T | null, key: string): T {
  if (value === null) throw new AppError('gguf-metadata', { key, found: 'missing', expected: 'present' });
  return value;
}

export function wrong(key: string, value: MetadataValue, expected: string): AppError {
  return new AppError('gguf-metadata', { key, found: describe(value), expected });
}

function describe(value: MetadataValue): string {
  if (typeof value === 'string') return `"${shorten(value)}"`;
  if (typeof value !== 'object') return String(value);
  return `a list of ${value.length}`;
}
