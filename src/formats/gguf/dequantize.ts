// GGUF blocks -> float32, with GGML's own arithmetic: every product here is exact in float32, and where a sum rounds it
// rounds once, as it does there. This is the truth that packing and kernels are tested against; it is not meant to be fast.
//
// `d`, `m` and `dmin` are float16 scales; `qs` holds nibbles: byte j of a block of 32 is weight j (low) and j + 16 (high).
//
//   Q4_0   d | qs[16]                            w = d * (q - 8)
//   Q4_1   d | m | qs[16]                        w = d * q + m
//   Q5_0   d | qh: u32 | qs[16]                  w = d * (q - 16)        bit j of qh is the fifth bit of weight j
//   Q5_1   d | m | qh: u32 | qs[16]              w = d * q + m
//   Q8_0   d | q[32]: i8                         w = d * q
//   Q4_K   d | dmin | scales[12] | qs[128]       w = d * scale * q - dmin * min       8 sub-blocks of 32
//   Q5_K   d | dmin | scales[12] | qh[32] | qs[128]
//   Q6_K   ql[128] | qh[64] | scales[16]: i8 | d     w = d * scale * (q - 32)         16 sub-blocks of 16
import { invariant } from '#base/invariant.ts';
import { halfToNumber } from '#base/float16.ts';
import { bytesOfWeights, TENSOR_LAYOUTS, type TensorType } from '#formats/gguf/tensor-types.ts';

/** The `count` weights that `bytes` hold, whole blocks of `type`, as float32. */
export function dequantize(type: TensorType, bytes: Uint8Array, count: number): Float32Array {
  const { blockLength, blockBytes } = TENSOR_LAYOUTS[type];
  invariant(count % blockLength === 0 && bytes.length === bytesOfWeights(type, count), `${count} weights of ${type}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const weights = new Float32Array(count);
  const block = BLOCKS[type];
  for (let at = 0, from = 0; at < count; at += blockLength, from += blockBytes) {
    block(view, from, weights, at);
  }
  return weights;
}

type DequantizeBlock = (view: DataView, from: number, weights: Float32Array, at: number) => void;

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

function bf16At(view: DataView, from: number): number {
  floatBits[0] = view.getUint16(from, true) << 16;
  return float[0]!;
}

function f16At(view: DataView, from: number): number {
  return halfToNumber(view.getUint16(from, true));
}

const BLOCKS: Readonly<Record<TensorType, DequantizeBlock>> = {
  F32: (view, from, weights, at) => {
    weights[at] = view.getFloat32(from, true);
  },
  F16: (view, from, weights, at) => {
    weights[at] = f16At(view, from);
  },
  BF16: (view, from, weights, at) => {
    weights[at] = bf16At(view, from);
  },
  Q4_0: (view, from, weights, at) => {
    const d = f16At(view, from);
    for (let j = 0; j < 32; j++) weights[at + j] = d * (nibble(view, from + 2, j) - 8);
  },
  Q4_1: (view, from, weights, at) => {
    const d = f16At(view, from);
    const m = f16At(view, from + 2);
    for (let j = 0; j < 32; j++) weights[at + j] = d * nibble(view, from + 4, j) + m;
  },
  Q5_0: (view, from, weights, at) => {
    const d = f16At(view, from);
    const high = view.getUint32(from + 2, true);
    for (let j = 0; j < 32; j++) weights[at + j] = d * ((nibble(view, from + 6, j) | (((high >>> j) & 1) << 4)) - 16);
  },
  Q5_1: (view, from, weights, at) => {
    const d = f16At(view, from);
    const m = f16At(view, from + 2);
    const high = view.getUint32(from + 4, true);
    for (let j = 0; j < 32; j++) weights[at + j] = d * (nibble(view, from + 8, j) | (((high >>> j) & 1) << 4)) + m;
  },
  Q8_0: (view, from, weights, at) => {
    const d = f16At(view, from);
    for (let j = 0; j < 32; j++) weights[at + j] = d * view.getInt8(from + 2 + j);
  },
  Q4_K: (view, from, weights, at) => {
    const d = f16At(view, from);
    const dmin = f16At(view, from + 2);
    for (let j = 0; j < 256; j++) {
      const { scale, min } = scaleAndMin(view, from + 4, j >> 5);
      weights[at + j] = d * scale * pairedNibble(view, from + 16, j) - dmin * min;
    }
  },
  Q5_K: (view, from, weights, at) => {
    const d = f16At(view, from);
    const dmin = f16At(view, from + 2);
    for (let j = 0; j < 256; j++) {
      const { scale, min } = scaleAndMin(view, from + 4, j >> 5);
      const high = (view.getUint8(from + 16 + (j & 31)) >> (j >> 5)) & 1;
      weights[at + j] = d * scale * (pairedNibble(view, from + 48, j) | (high << 4)) - dmin * min;
    }
  },
  Q6_K: (view, from, weights, at) => {
    const d = f16At(view, from + 208);
    for (let j = 0; j < 256; j++) {
      // Two halves of 128 weights; in each, four runs of 32 share 64 bytes of `ql` and 32 of `qh`.
      const half = j >> 7;
      const run = (j >> 5) & 3;
      const low = view.getUint8(from + half * 64 + (run & 1) * 32 + (j & 31)) >> ((run >> 1) * 4);
      const high = view.getUint8(from + 128 + half * 32 + (j & 31)) >> (run * 2);
      const q = (low & 15) | ((high & 3) << 4);
      weights[at + j] = d * view.getInt8(from + 192 + (j >> 4)) * (q - 32);
    }
  },
};

/** Weight j of a block of 32. */
function nibble(view: DataView, qs: number, j: number): number {
  return j < 16 ? view.getUint8(qs + j) & 15 : view.getUint8(qs + j - 16) >> 4;
}

/** Weight j of a K block: each 32 bytes hold two runs of 32, the first in the low nibbles. */
function pairedNibble(view: DataView, qs: number, j: number): number {
  const byte = view.getUint8(qs + (j >> 6) * 32 + (j & 31));
  return j & 32 ? byte >> 4 : byte & 15;
}

/**
 * The 6-bit scale and minimum of sub-block i of a Q4_K or Q5_K block, from its 12 bytes.
 *
 *   byte 0..3    scale i (6 bits) | upper two bits of scale i + 4
 *   byte 4..7    min i (6 bits)   | upper two bits of min i + 4
 *   byte 8..11   low nibble: scale i + 4 | high nibble: min i + 4
 */
export function scaleAndMin(view: DataView, scales: number, i: number): { scale: number; min: number } {
  const byte = (at: number) => view.getUint8(scales + at);
  if (i < 4) return { scale: byte(i) & 63, min: byte(i + 4) & 63 };
  return {
    scale: (byte(i + 4) & 15) | ((byte(i - 4) >> 6) << 4),
    min: (byte(i + 4) >> 4) | ((byte(i) >> 6) << 4),
  };
}
