// Seeded inputs for the self-test: the same on every machine, so that a failure can be repeated anywhere.
import { numberToHalf } from '#base/float16.ts';
import { packedRowBytes, sourceRowBytes, tensorTypeOfPacked } from '#formats/packed/format.ts';
import type { PackedFormat } from '#formats/packed/format.ts';
import { packRows } from '#formats/packed/pack.ts';
import { TENSOR_LAYOUTS } from '#formats/gguf/tensor-types.ts';
import { packedMatrix } from '#model-library/reference/matrix.ts';
import type { Matrix } from '#model-library/reference/matrix.ts';

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

  /** A packed matrix `[rowCount, k]` with weights below about 1, and the same for the reference. */
  matrix(format: PackedFormat, rowCount: number, k: number): { packed: Uint8Array<ArrayBuffer>; matrix: Matrix } {
    const packed = new Uint8Array(packedRowBytes(format, k) * rowCount);
    packRows(format, this.#blocks(format, sourceRowBytes(format, k) * rowCount), rowCount, k, packed);
    return { packed, matrix: packedMatrix(format, packed, rowCount, k) };
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
