// Plain quantisers, float32 -> GGUF blocks: correct in layout, with no search for the best scale. Layouts are drawn in
// src/formats/gguf/dequantize.ts.
import { halfToNumber, numberToHalf } from '#base/float16.ts';
import { bytesOfWeights, TENSOR_LAYOUTS, type TensorType } from '#formats/gguf/tensor-types.ts';

/** The blocks of `weights`, a whole number of them. */
export function quantize(type: TensorType, weights: Float32Array): Uint8Array<ArrayBuffer> {
  const { blockLength, blockBytes } = TENSOR_LAYOUTS[type];
  if (weights.length % blockLength !== 0) throw new Error(`${weights.length} weights are no whole ${type} blocks`);
  if (type === 'F32') return new Uint8Array(weights.slice().buffer);
  const bytes = new Uint8Array(bytesOfWeights(type, weights.length));
  const view = new DataView(bytes.buffer);
  for (let from = 0, at = 0; from < weights.length; from += blockLength, at += blockBytes) {
    BLOCKS[type](weights.subarray(from, from + blockLength), view, at);
  }
  return bytes;
}

type QuantizeBlock = (weights: Float32Array, view: DataView, at: number) => void;

/** Q4_0 and Q5_0: the weight of largest magnitude becomes the lowest integer. */
function centred(bits: 4 | 5): QuantizeBlock {
  const half = 1 << (bits - 1);
  return (weights, view, at) => {
    const extreme = weights.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    const d = setHalf(view, at, extreme / -half);
    putNibbles(view, at + 2, bits, (j) => clamp(divide(weights[j]!, d) + half, 0, 2 * half - 1));
  };
}

/** Q4_1 and Q5_1: integers from the smallest weight up. */
function offset(bits: 4 | 5): QuantizeBlock {
  const top = (1 << bits) - 1;
  return (weights, view, at) => {
    const m = setHalf(view, at + 2, Math.min(...weights));
    const d = setHalf(view, at, (Math.max(...weights) - m) / top);
    putNibbles(view, at + 4, bits, (j) => clamp(divide(weights[j]! - m, d), 0, top));
  };
}

/** 32 integers: the fifth bits, where there are any, in one u32, then the nibbles. */
function putNibbles(view: DataView, at: number, bits: 4 | 5, integerAt: (j: number) => number): void {
  const nibbles = bits === 5 ? at + 4 : at;
  let high = 0;
  for (let j = 0; j < 32; j++) {
    const q = integerAt(j);
    const byte = nibbles + (j & 15);
    view.setUint8(byte, view.getUint8(byte) | ((q & 15) << (j < 16 ? 0 : 4)));
    high |= (q >> 4) << j;
  }
  if (bits === 5) view.setUint32(at, high >>> 0, true);
}

/** Q4_K and Q5_K: eight sub-blocks of 32 with 6-bit scales and minima, themselves scaled by `d` and `dmin`. */
function superBlock(bits: 4 | 5): QuantizeBlock {
  const top = (1 << bits) - 1;
  return (weights, view, at) => {
    const runs = Array.from({ length: 8 }, (_, i) => {
      const run = weights.subarray(i * 32, i * 32 + 32);
      const least = Math.min(0, ...run);
      return { run, scale: (Math.max(...run) - least) / top, min: -least };
    });
    const d = setHalf(view, at, Math.max(...runs.map(({ scale }) => scale)) / 63);
    const dmin = setHalf(view, at + 2, Math.max(...runs.map(({ min }) => min)) / 63);
    const nibbles = at + (bits === 5 ? 48 : 16);
    runs.forEach(({ run, scale, min }, i) => {
      const scale6 = clamp(divide(scale, d), 0, 63);
      const min6 = clamp(divide(min, dmin), 0, 63);
      putScaleAndMin(view, at + 4, i, scale6, min6);
      for (let j = 0; j < 32; j++) {
        const q = clamp(divide(run[j]! + dmin * min6, d * scale6), 0, top);
        orByte(view, nibbles + (i >> 1) * 32 + j, (q & 15) << ((i & 1) * 4));
        if (bits === 5) orByte(view, at + 16 + j, (q >> 4) << i);
      }
    });
  };
}

function putScaleAndMin(view: DataView, at: number, i: number, scale: number, min: number): void {
  if (i < 4) {
    orByte(view, at + i, scale);
    orByte(view, at + i + 4, min);
    return;
  }
  orByte(view, at + i + 4, (scale & 15) | ((min & 15) << 4));
  orByte(view, at + i - 4, (scale >> 4) << 6);
  orByte(view, at + i, (min >> 4) << 6);
}

const BLOCKS: Readonly<Record<Exclude<TensorType, 'F32'>, QuantizeBlock>> = {
  F16: (weights, view, at) => void setHalf(view, at, weights[0]!),
  BF16: ([weight], view, at) => {
    // Rounds to nearest, ties to even.
    const bits = new Uint32Array(Float32Array.of(weight!).buffer)[0]!;
    view.setUint16(at, (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16, true);
  },
  Q4_0: centred(4),
  Q4_1: offset(4),
  Q5_0: centred(5),
  Q5_1: offset(5),
  Q8_0: (weights, view, at) => {
    const d = setHalf(view, at, Math.max(...weights.map(Math.abs)) / 127);
    weights.forEach((weight, j) => view.setInt8(at + 2 + j, clamp(divide(weight, d), -127, 127)));
  },
  Q4_K: superBlock(4),
  Q5_K: superBlock(5),
  Q6_K: (weights, view, at) => {
    const scales = Array.from({ length: 16 }, (_, i) => {
      const run = weights.subarray(i * 16, i * 16 + 16);
      return run.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0) / -32;
    });
    const d = setHalf(view, at + 208, Math.max(...scales.map(Math.abs)) / 127);
    scales.forEach((scale, i) => view.setInt8(at + 192 + i, clamp(divide(scale, d), -128, 127)));
    for (let j = 0; j < 256; j++) {
      const q = clamp(divide(weights[j]!, d * view.getInt8(at + 192 + (j >> 4))) + 32, 0, 63);
      const half = j >> 7;
      const run = (j >> 5) & 3;
      orByte(view, at + half * 64 + (run & 1) * 32 + (j & 31), (q & 15) << ((run >> 1) * 4));
      orByte(view, at + 128 + half * 32 + (j & 31), (q >> 4) << (run * 2));
    }
  },
};

/** Stores a half and gives the value it really has. */
function setHalf(view: DataView, at: number, value: number): number {
  const half = numberToHalf(value);
  view.setUint16(at, half, true);
  return halfToNumber(half);
}

function orByte(view: DataView, at: number, bits: number): void {
  view.setUint8(at, view.getUint8(at) | bits);
}

function divide(value: number, by: number): number {
  return by === 0 ? 0 : value / by;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(Math.round(value), least), most);
}
