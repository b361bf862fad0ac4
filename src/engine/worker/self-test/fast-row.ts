// Packed rows back to numbers, fast enough for whole layers inside the self-test's time: about a hundred times the speed of
// formats/packed/unpack.ts, which stays the judge of it.
import { halfToNumber } from '#base/float16.ts';
import { packedRow } from '#formats/packed/format.ts';
import type { PackedFormat, PackedRow } from '#formats/packed/format.ts';

/** Every f16 as a number. */
let halves: Float32Array | null = null;

type Unpack = (row: Uint8Array, layout: PackedRow, out: Float32Array) => void;

/** Writes the k weights of one packed row into `out`, [k]. The row must start on 4 bytes. */
export function unpackRowFast(format: PackedFormat, row: Uint8Array, out: Float32Array): void {
  UNPACK[format](row, packedRow(format, out.length), out);
}

const UNPACK: Readonly<Record<PackedFormat, Unpack>> = {
  f32: (row, _, out) => out.set(new Float32Array(row.buffer, row.byteOffset, out.length)),
  f16: (row, _, out) => words16(row, 0).forEach((half, at) => (out[at] = halfTable()[half] as number)),
  bf16: (row, _, out) => {
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
    words16(row, 0).forEach((upper, at) => (bits[at] = upper << 16));
  },
  q8_0: (row, layout, out) => {
    const signed = new Int8Array(row.buffer, row.byteOffset, out.length);
    const scales = words16(row, layout.scaleAt);
    const table = halfTable();
    for (let at = 0; at < out.length; at++)
      out[at] = (signed[at] as number) * (table[scales[at >> 5] as number] as number);
  },
  q4_0: nibbles((row, layout, block, factors) => fromScale(row, layout, block, 8, factors)),
  q4_1: nibbles(scaleAndMin),
  q5_0: nibbles((row, layout, block, factors) => fromScale(row, layout, block, 16, factors), 1),
  q5_1: nibbles(scaleAndMin, 1),
  q4_k: nibbles(superScaleAndMin),
  q5_k: nibbles(superScaleAndMin, 1),
  q6_k: nibbles((row, layout, block, factors) => {
    const d = halfTable()[words16(row, layout.superAt)[block >> 3] as number] as number;
    for (let half = 0; half < 2; half++) {
      const scale = d * (((row[layout.scaleAt + block * 2 + half] as number) << 24) >> 24);
      factors[half * 2] = scale;
      factors[half * 2 + 1] = -32 * scale;
    }
  }, 2),
};

/** Fills factors with scale and offset of a block's first and second 16 weights: weight = scale * q + offset. */
type Factors = (row: Uint8Array, layout: PackedRow, block: number, factors: Float64Array) => void;

/** Rows of 4 low bits a weight and `highBits` more from the section `high`. */
function nibbles(factorsOf: Factors, highBits: 0 | 1 | 2 = 0): Unpack {
  const factors = new Float64Array(4);
  return (row, layout, out) => {
    const highs =
      highBits > 0 ? new Uint32Array(row.buffer, row.byteOffset + layout.highAt, (out.length / 32) * highBits) : null;
    for (let block = 0; block < out.length / 32; block++) {
      factorsOf(row, layout, block, factors);
      const bytesAt = layout.weightsAt + block * 16;
      for (let within = 0; within < 16; within++) {
        const byte = row[bytesAt + within] as number;
        let low = byte & 15;
        let high = byte >> 4;
        if (highs && highBits === 1) {
          const bits = (highs[block] as number) >>> (8 * (within & 3) + (within >> 2));
          low |= (bits & 1) << 4;
          high |= ((bits >>> 4) & 1) << 4; // 16 weights on is 4 bits on
        } else if (highs) {
          const shift = 8 * (within & 3) + 2 * (within >> 2);
          low |= (((highs[block * 2] as number) >>> shift) & 3) << 4;
          high |= (((highs[block * 2 + 1] as number) >>> shift) & 3) << 4;
        }
        out[block * 32 + within] = (factors[0] as number) * low + (factors[1] as number);
        out[block * 32 + 16 + within] = (factors[2] as number) * high + (factors[3] as number);
      }
    }
  };
}

function fromScale(row: Uint8Array, layout: PackedRow, block: number, middle: number, factors: Float64Array): void {
  const d = halfTable()[half(row, layout.scaleAt + block * 2)] as number;
  set(factors, d, -middle * d);
}

function scaleAndMin(row: Uint8Array, layout: PackedRow, block: number, factors: Float64Array): void {
  const at = layout.scaleAt + block * 4;
  set(factors, halfTable()[half(row, at)] as number, halfTable()[half(row, at + 2)] as number);
}

function superScaleAndMin(row: Uint8Array, layout: PackedRow, block: number, factors: Float64Array): void {
  const superAt = layout.superAt + (block >> 3) * 4;
  const scaleAt = layout.scaleAt + block * 2;
  const d = (halfTable()[half(row, superAt)] as number) * (row[scaleAt] as number);
  set(factors, d, -(halfTable()[half(row, superAt + 2)] as number) * (row[scaleAt + 1] as number));
}

function set(factors: Float64Array, scale: number, offset: number): void {
  factors[0] = factors[2] = scale;
  factors[1] = factors[3] = offset;
}

function half(row: Uint8Array, at: number): number {
  return (row[at] as number) | ((row[at + 1] as number) << 8);
}

function words16(row: Uint8Array, at: number): Uint16Array {
  return new Uint16Array(row.buffer, row.byteOffset + at, (row.byteLength - at) >> 1);
}

function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 0x10000 }, (_, bits) => halfToNumber(bits));
  return halves;
}
