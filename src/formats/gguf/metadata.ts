// GGUF metadata: typed key-value pairs. Arrays of numbers become typed arrays, which keeps vocabularies of 128k tokens small.
//
//   key: string | type: u32 | value          string: length u64, UTF-8 bytes
//                             array value:   element type: u32 | count: u64 | elements
import { AppError } from '#base/errors.ts';
import type { HeaderCursor } from '#formats/gguf/cursor.ts';

export type MetadataArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array
  | readonly boolean[]
  | readonly string[];

/** 64-bit integers are numbers where a number holds them exactly, and bigints beyond. */
export type MetadataValue = number | bigint | boolean | string | MetadataArray;

export type Metadata = ReadonlyMap<string, MetadataValue>;

/** GGUF's own numbers for value types. */
export const VALUE_TYPES = {
  UINT8: 0,
  INT8: 1,
  UINT16: 2,
  INT16: 3,
  UINT32: 4,
  INT32: 5,
  FLOAT32: 6,
  BOOL: 7,
  STRING: 8,
  ARRAY: 9,
  UINT64: 10,
  INT64: 11,
  FLOAT64: 12,
} as const;

const MAX_PAIRS = 65_536;
/** The longest key that the GGUF specification allows, in bytes. */
const MAX_KEY_BYTES = 65_535;
/** 8 MiB: far above any chat template or licence text. */
const MAX_STRING_BYTES = 8 * 1024 * 1024;
/** About a million: twice the longest list of merges known. */
const MAX_ARRAY_LENGTH = 1_048_576;
/** Key length, type and the smallest value. */
const MIN_PAIR_BYTES = 8 + 4 + 1;

/** The number of pairs, which the header states before the pairs begin. */
export function parsePairCount(cursor: HeaderCursor): number {
  return cursor.count('the number of metadata pairs', MAX_PAIRS, MIN_PAIR_BYTES);
}

/** Parses `count` pairs; refuses a key that comes twice. */
export function parseMetadata(cursor: HeaderCursor, count: number): Map<string, MetadataValue> {
  const metadata = new Map<string, MetadataValue>();
  for (let index = 0; index < count; index++) {
    const at = cursor.offset;
    const key = cursor.name(`metadata key ${index}`, MAX_KEY_BYTES);
    if (metadata.has(key)) throw new AppError('gguf-duplicate', { what: 'metadata key', name: shorten(key), at });
    const type = cursor.u32('a metadata type');
    const what = `metadata ${shorten(key)}`;
    metadata.set(key, type === VALUE_TYPES.ARRAY ? parseArray(cursor, what) : parseScalar(cursor, type, what));
    // The alignment moves every tensor, so its type is not negotiable either.
    if (key === 'general.alignment' && type !== VALUE_TYPES.UINT32) {
      throw new AppError('gguf-metadata', { key, found: `value type ${type}`, expected: 'a UINT32 (value type 4)' });
    }
  }
  return metadata;
}

function parseScalar(cursor: HeaderCursor, type: number, what: string): MetadataValue {
  switch (type) {
    case VALUE_TYPES.UINT8:
      return cursor.u8(what);
    case VALUE_TYPES.INT8:
      return cursor.i8(what);
    case VALUE_TYPES.UINT16:
      return cursor.u16(what);
    case VALUE_TYPES.INT16:
      return cursor.i16(what);
    case VALUE_TYPES.UINT32:
      return cursor.u32(what);
    case VALUE_TYPES.INT32:
      return cursor.i32(what);
    case VALUE_TYPES.FLOAT32:
      return cursor.f32(what);
    case VALUE_TYPES.FLOAT64:
      return cursor.f64(what);
    case VALUE_TYPES.UINT64:
      return numberWhereExact(cursor.u64(what));
    case VALUE_TYPES.INT64:
      return numberWhereExact(cursor.i64(what));
    case VALUE_TYPES.BOOL:
      return parseBool(cursor.u8(what), what, cursor.offset - 1);
    case VALUE_TYPES.STRING:
      return cursor.text(what, MAX_STRING_BYTES);
    default:
      throw new AppError('gguf-value-type', { what, type, at: cursor.offset - 4 });
  }
}

function parseArray(cursor: HeaderCursor, what: string): MetadataArray {
  const type = cursor.u32(what);
  const itemBytes = ARRAY_ITEM_BYTES.get(type);
  // Arrays of arrays end here too: no llama model has them, and refusing them leaves no recursion to bound.
  if (itemBytes === undefined) throw new AppError('gguf-value-type', { what, type, at: cursor.offset - 4 });
  const count = cursor.count(`the length of ${what}`, MAX_ARRAY_LENGTH, itemBytes);
  if (type === VALUE_TYPES.STRING) {
    const texts: string[] = [];
    for (let index = 0; index < count; index++) texts.push(cursor.text(what, MAX_STRING_BYTES));
    return texts;
  }
  const at = cursor.offset;
  // A typed array reads in the machine's byte order; every platform with WebGPU is little-endian, as GGUF is.
  const buffer = cursor.copy(count * itemBytes, what);
  switch (type) {
    case VALUE_TYPES.UINT8:
      return new Uint8Array(buffer);
    case VALUE_TYPES.INT8:
      return new Int8Array(buffer);
    case VALUE_TYPES.UINT16:
      return new Uint16Array(buffer);
    case VALUE_TYPES.INT16:
      return new Int16Array(buffer);
    case VALUE_TYPES.UINT32:
      return new Uint32Array(buffer);
    case VALUE_TYPES.INT32:
      return new Int32Array(buffer);
    case VALUE_TYPES.FLOAT32:
      return new Float32Array(buffer);
    case VALUE_TYPES.FLOAT64:
      return new Float64Array(buffer);
    case VALUE_TYPES.UINT64:
      return new BigUint64Array(buffer);
    case VALUE_TYPES.INT64:
      return new BigInt64Array(buffer);
    default:
      return Array.from(new Uint8Array(buffer), (byte, index) => parseBool(byte, what, at + index));
  }
}

/** Bytes of an array element; for a string the least it can take. */
const ARRAY_ITEM_BYTES: ReadonlyMap<number, number> = new Map([
  [VALUE_TYPES.UINT8, 1],
  [VALUE_TYPES.INT8, 1],
  [VALUE_TYPES.BOOL, 1],
  [VALUE_TYPES.UINT16, 2],
  [VALUE_TYPES.INT16, 2],
  [VALUE_TYPES.UINT32, 4],
  [VALUE_TYPES.INT32, 4],
  [VALUE_TYPES.FLOAT32, 4],
  [VALUE_TYPES.UINT64, 8],
  [VALUE_TYPES.INT64, 8],
  [VALUE_TYPES.FLOAT64, 8],
  [VALUE_TYPES.STRING, 8],
]);

function parseBool(byte: number, what: string, at: number): boolean {
  if (byte > 1) throw new AppError('gguf-limit', { what: `${what} (a boolean)`, at, value: byte, limit: 1 });
  return byte === 1;
}

function numberWhereExact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Names come from the file and end in messages, so a message shows at most 80 characters of one. */
export function shorten(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}
