// Seeded inputs for the self-test: the same on every machine, so that a failure can be repeated anywhere.
import { numberToHalf } from '#base/float16.ts';
import { packedRowBytes, sourceRowBytes, tensorTypeOfPacked } from '#formats/packed/format.ts';
import type { PackedFormat } from '#formats/packed/format.ts';
import { packRows } from '#formats/packed/pack.ts';
import { TENSOR_LAYOUTS } from '#formats/gguf/tensor-types.ts';
import { dot } from '#model-library/reference/operations.ts';
import { unpackRowFast } from '#engine/worker/self-test/fast-row.ts';

const DISTINCT_ROWS = 13;

/** A matrix whose row i is row i % 13 of a few. */
export class SeededMatrix {
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly rowCount: number;
  readonly #rows: readonly Float32Array[];

  constructor(packed: Uint8Array<ArrayBuffer>, rows: readonly Float32Array[], rowCount: number) {
    this.packed = packed;
    this.#rows = rows;
    this.rowCount = rowCount;
  }

  row(index: number): Float32Array {
    return this.#rows[index % this.#rows.length] as Float32Array;
  }

  /** W x, [rowCount]. */
  times(x: ArrayLike<number>): Float64Array {
    return this.#forEachRow((row) => dot(row, x));
  }

  /**
   * How far f32 sums may lie from `times(x)`: 2^-16 of the largest each could have been. That is 256 roundings, more than any
   * order of summing makes here, and far below what wrong weights change.
   */
  bounds(x: ArrayLike<number>): Float64Array {
    const sum = Array.from(x, Math.abs).reduce((total, value) => total + value, 0);
    return this.#forEachRow((row) => {
      const largest = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
      return 2 ** -16 * (largest * sum + 1);
    });
  }

  #forEachRow(value: (row: Float32Array) => number): Float64Array {
    const values = this.#rows.map(value);
    return Float64Array.from({ length: this.rowCount }, (_, index) => values[index % values.length] as number);
  }
}

/** Numbers in [-1, 1), spread evenly. */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    // A counter through a 32-bit finaliser: no state but the count, and no visible pattern.
    this.#state = (this.#state + 0x9e37_79b9) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 16), 0x85eb_ca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
    return ((bits ^ (bits >>> 16)) | 0) / 2 ** 31;
  }

  floats(count: number, size = 1): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length: count }, () => this.next() * size);
  }

  halves(count: number, size = 1): Uint16Array<ArrayBuffer> {
    return Uint16Array.from({ length: count }, () => numberToHalf(this.next() * size));
  }

  /**
   * A packed matrix `[rowCount, k]` with weights below about 1, of a few different rows that take turns: as large as a model's, and
   * quick to make and to multiply by. Their number has no factor in common with any tile of the kernels, so that a row taken
   * for another shows.
   */
  matrix(format: PackedFormat, rowCount: number, k: number): SeededMatrix {
    const distinct = Math.min(DISTINCT_ROWS, rowCount);
    const rowBytes = packedRowBytes(format, k);
    const packed = new Uint8Array(rowBytes * rowCount);
    const first = packed.subarray(0, rowBytes * distinct);
    packRows(format, this.#blocks(format, sourceRowBytes(format, k) * distinct), distinct, k, first);
    for (let made = first.length; made < packed.length; made *= 2) {
      packed.copyWithin(made, 0, Math.min(made, packed.length - made));
    }
    const rows = Array.from({ length: distinct }, (_, row) => {
      const weights = new Float32Array(k);
      unpackRowFast(format, packed.subarray(row * rowBytes, (row + 1) * rowBytes), weights);
      return weights;
    });
    return new SeededMatrix(packed, rows, rowCount);
  }

  /** GGUF blocks: any bytes are weights, but the f16 factors of a block must be of a sane size. */
  #blocks(format: PackedFormat, byteCount: number): Uint8Array<ArrayBuffer> {
    if (format === 'f32') return new Uint8Array(this.floats(byteCount / 4).buffer);
    if (format === 'f16') return new Uint8Array(this.halves(byteCount / 2).buffer);
    const bytes = Uint8Array.from({ length: byteCount }, () => (this.next() + 1) * 128);
    const view = new DataView(bytes.buffer);
    if (format === 'bf16') {
      // The upper half of an f32: sign and exponent as they are in a number below 1.
      for (let at = 0; at < byteCount; at += 2) view.setUint16(at, floatBits(this.next()) >>> 16, true);
      return bytes;
    }
    const { size, at } = FACTORS[format];
    const { blockBytes } = TENSOR_LAYOUTS[tensorTypeOfPacked(format)];
    for (let block = 0; block < byteCount; block += blockBytes) {
      for (const offset of at) view.setUint16(block + offset, numberToHalf(size * (1.5 + this.next())), true);
    }
    return bytes;
  }
}

/** Where a GGUF block keeps its f16 factors, and how large they may be to keep the weights below about 1. */
const FACTORS: Readonly<
  Record<Exclude<PackedFormat, 'f32' | 'f16' | 'bf16'>, { size: number; at: readonly number[] }>
> = {
  q4_0: { size: 0.05, at: [0] },
  q4_1: { size: 0.05, at: [0, 2] },
  q5_0: { size: 0.02, at: [0] },
  q5_1: { size: 0.02, at: [0, 2] },
  q8_0: { size: 0.003, at: [0] },
  q4_k: { size: 0.0005, at: [0, 2] },
  q5_k: { size: 0.0003, at: [0, 2] },
  q6_k: { size: 0.0001, at: [208] },
};

function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] as number;
}
