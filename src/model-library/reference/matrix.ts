import { packedRowBytes, type PackedFormat } from '#formats/packed/format.ts';
import { unpackRow } from '#formats/packed/unpack.ts';

/** A weight matrix [rowCount, k], one output a row. */
export type Matrix = {
  readonly rowCount: number;
  readonly k: number;
  /** Row `index` as f32; may be made anew at every call. */
  row(index: number): Float32Array;
};

/** A matrix over rows that are already numbers. */
export function denseMatrix(rows: readonly Float32Array[]): Matrix {
  return { rowCount: rows.length, k: rows[0]!.length, row: (index) => rows[index]! };
}

/** A matrix over packed rows, unpacked as they are asked for. */
export function packedMatrix(format: PackedFormat, packed: Uint8Array, rowCount: number, k: number): Matrix {
  const rowBytes = packedRowBytes(format, k);
  return {
    rowCount,
    k,
    row: (index) => unpackRow(format, packed.subarray(index * rowBytes, (index + 1) * rowBytes), k),
  };
}
