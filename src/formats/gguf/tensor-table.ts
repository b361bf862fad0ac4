// The tensor table of a GGUF file.
//
//   name: string | dimension count: u32 | dimensions: u64 each, ne0 first | type: u32 | offset: u64, from the data's beginning
//
// Every tensor lies whole inside the file, aligned, and shares no byte with another. Their order is free, and bytes that
// belong to no tensor (gaps, a tail) are allowed: nothing ever reads them.
import { AppError } from '#base/errors.ts';
import type { HeaderCursor } from '#formats/gguf/cursor.ts';
import {
  bytesOfWeights,
  TENSOR_LAYOUTS,
  tensorTypeName,
  tensorTypeOf,
  type TensorType,
} from '#formats/gguf/tensor-types.ts';

export type GgufTensor = {
  readonly name: string;
  readonly type: TensorType;
  /** GGML's order: ne0, the length of a row, comes first; a matrix [rows, k] has dimensions [k, rows]. */
  readonly dimensions: readonly number[];
  /** Where the tensor begins, in bytes from the beginning of its file. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Which file of a split model holds it; 0 for a single file. */
  readonly fileIndex: number;
};

const MAX_TENSORS = 65_536;
/** GGML keeps names in 64 bytes, a closing zero included. */
const MAX_NAME_BYTES = 63;
const MAX_DIMENSIONS = 4;
/** Name length, dimension count, one dimension, type, offset. */
const MIN_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;

/** The number of tensors, which the header states before the metadata. */
export function parseTensorCount(cursor: HeaderCursor): number {
  return cursor.count('the number of tensors', MAX_TENSORS, MIN_TENSOR_BYTES);
}

/** Parses the table of `count` tensors, whose data begins at the first multiple of `alignment` after it. */
export function parseTensorTable(
  cursor: HeaderCursor,
  count: number,
  alignment: number,
): { tensors: readonly GgufTensor[]; dataOffset: number } {
  const names = new Set<string>();
  const entries: GgufTensor[] = [];
  for (let index = 0; index < count; index++) {
    const at = cursor.offset;
    const entry = parseEntry(cursor, index);
    if (names.has(entry.name)) throw new AppError('gguf-duplicate', { what: 'tensor', name: entry.name, at });
    names.add(entry.name);
    entries.push(entry);
  }
  const dataOffset = Math.ceil(cursor.offset / alignment) * alignment;
  const tensors = entries.map((entry) => ({ ...entry, offset: dataOffset + entry.offset }));
  checkPlaces(tensors, dataOffset, alignment, cursor.fileSizeBytes);
  return { tensors, dataOffset };
}

/** One entry, its offset still counted from the beginning of the data. */
function parseEntry(cursor: HeaderCursor, index: number): GgufTensor {
  const name = cursor.name(`the name of tensor ${index}`, MAX_NAME_BYTES);
  const refuse = (shape: string, reason: string) => new AppError('gguf-tensor-shape', { name, shape, reason });

  const dimensionCount = cursor.u32(`the number of dimensions of ${name}`);
  if (dimensionCount < 1 || dimensionCount > MAX_DIMENSIONS) {
    throw refuse(`${dimensionCount} dimensions`, `a tensor has 1 to ${MAX_DIMENSIONS} dimensions`);
  }
  const wide: bigint[] = [];
  for (let axis = 0; axis < dimensionCount; axis++) wide.push(cursor.u64(`dimension ${axis} of ${name}`));
  const shape = wide.join(' x ');
  const weightCount = wide.reduce((product, side) => product * side, 1n);
  if (weightCount === 0n) throw refuse(shape, 'a dimension is zero');
  // Even at a quarter of a byte a weight, more than this cannot lie in the file; below it all arithmetic is exact.
  if (weightCount > BigInt(cursor.fileSizeBytes) * 4n)
    throw refuse(shape, `the file has ${cursor.fileSizeBytes} bytes`);
  const dimensions = wide.map(Number);

  const id = cursor.u32(`the type of ${name}`);
  const type = tensorTypeOf(id);
  if (type === null) throw new AppError('gguf-tensor-type', { name, type: tensorTypeName(id) });
  const { blockLength } = TENSOR_LAYOUTS[type];
  if (dimensions[0]! % blockLength !== 0) throw refuse(shape, `rows of ${type} are multiples of ${blockLength}`);
  const sizeBytes = bytesOfWeights(type, Number(weightCount));

  const offset = cursor.u64(`the offset of ${name}`);
  if (offset + BigInt(sizeBytes) > BigInt(cursor.fileSizeBytes)) {
    throw outside(name, offset, sizeBytes, cursor.fileSizeBytes);
  }
  return { name, type, dimensions, offset: Number(offset), sizeBytes, fileIndex: 0 };
}

function checkPlaces(
  tensors: readonly GgufTensor[],
  dataOffset: number,
  alignment: number,
  fileSizeBytes: number,
): void {
  const byOffset = tensors.toSorted((a, b) => a.offset - b.offset);
  let end = dataOffset;
  let before = '';
  for (const { name, offset, sizeBytes } of byOffset) {
    const place = (reason: string) => new AppError('gguf-tensor-place', { name, offset, size: sizeBytes, reason });
    if ((offset - dataOffset) % alignment !== 0) throw place(`offsets are multiples of ${alignment}`);
    if (offset + sizeBytes > fileSizeBytes) throw outside(name, offset, sizeBytes, fileSizeBytes);
    if (offset < end) throw place(`the bytes up to ${end} belong to ${before}`);
    end = offset + sizeBytes;
    before = name;
  }
}

function outside(name: string, offset: number | bigint, size: number, fileSizeBytes: number): AppError {
  return new AppError('gguf-tensor-place', { name, offset, size, reason: `the file ends at byte ${fileSizeBytes}` });
}
