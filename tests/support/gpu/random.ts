// Seeded inputs: the same in every run and on every machine.
import { packRows } from '#formats/packed/pack.ts';
import { packedRowBytes, sourceRowBytes, tensorTypeOfPacked, type PackedFormat } from '#formats/packed/format.ts';
import { numberToHalf } from '#base/float16.ts';
import { TENSOR_LAYOUTS } from '#formats/gguf/tensor-types.ts';
import { denseMatrix, packedMatrix, type Matrix } from '#model-library/reference/matrix.ts';

export type Random = {
  /** Uniform in [0, 1). */
  next(): number;
  /** `count` numbers of about a normal distribution with this deviation. */
  normal(count: number, deviation?: number): Float32Array<ArrayBuffer>;
  bytes(count: number): Uint8Array<ArrayBuffer>;
};

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    // A 32-bit mixer over a counter: every seed gives another, well-spread sequence.
    state = (state + 0x9e37_79b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a_2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    normal: (count, deviation = 1) =>
      Float32Array.from({ length: count }, () => (next() + next() + next() + next() - 2) * Math.sqrt(3) * deviation),
    bytes: (count) => Uint8Array.from({ length: count }, () => next() * 256),
  };
}

/** Where each block of a quantised type keeps its f16 scales: everything else in a block may be any byte. */
const HALVES_AT: Readonly<Record<PackedFormat, readonly number[]>> = {
  f32: [],
  f16: [],
  bf16: [],
  q4_0: [0],
  q4_1: [0, 2],
  q5_0: [0],
  q5_1: [0, 2],
  q8_0: [0],
  q4_k: [0, 2],
  q5_k: [0, 2],
  q6_k: [208],
};

/** GGUF rows of any bytes, with scales that keep the weights near 1 in size. */
export function randomSource(
  random: Random,
  format: PackedFormat,
  rowCount: number,
  k: number,
): Uint8Array<ArrayBuffer> {
  const byteCount = sourceRowBytes(format, k) * rowCount;
  if (format === 'f32') return new Uint8Array(random.normal(byteCount / 4, 0.5).buffer);
  if (format === 'f16') return new Uint8Array(Uint16Array.from(random.normal(byteCount / 2, 0.5), numberToHalf).buffer);
  if (format === 'bf16') {
    const bits = new Uint32Array(random.normal(byteCount / 2, 0.5).buffer);
    return new Uint8Array(Uint16Array.from(bits, (word) => word >>> 16).buffer);
  }
  const source = random.bytes(byteCount);
  const view = new DataView(source.buffer);
  const { blockLength, blockBytes } = TENSOR_LAYOUTS[tensorTypeOfPacked(format)];
  const size = blockLength === 256 ? 0.001 : format === 'q8_0' ? 0.01 : 0.1;
  for (let at = 0; at < byteCount; at += blockBytes) {
    for (const half of HALVES_AT[format]) view.setUint16(at + half, numberToHalf(size * (0.5 + random.next())), true);
  }
  return source;
}

export type RandomMatrix = { readonly packed: Uint8Array<ArrayBuffer>; readonly matrix: Matrix };

/** A packed matrix of random weights and the same for the reference. */
export function randomMatrix(random: Random, format: PackedFormat, rowCount: number, k: number): RandomMatrix {
  const packed = new Uint8Array(packedRowBytes(format, k) * rowCount);
  packRows(format, randomSource(random, format, rowCount, k), rowCount, k, packed);
  const lazy = packedMatrix(format, packed, rowCount, k);
  return { packed, matrix: denseMatrix(Array.from({ length: rowCount }, (_, row) => lazy.row(row))) };
}
