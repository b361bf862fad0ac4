// Packed rows back to numbers, the obvious way: the judge of the packers and of the kernels' readers, never the fast path.
import { halfToNumber } from '#base/float16.ts';
import { AppError } from '#base/errors.ts';
import { packedRow, type PackedFormat, type PackedRow } from './format.ts';

/** The k weights of one packed row, each rounded to f32 once, as GGML rounds it. */
export function unpackRow(format: PackedFormat, row: Uint8Array, k: number): Float32Array {
  const layout = packedRow(format, k);
  if (row.byteLength !== layout.byteCount) {
    throw new AppError('packed-size', {
      format,
      rowCount: 1,
      k,
      sourceBytes: layout.byteCount,
      gotSource: row.byteLength,
      targetBytes: k * 4,
      gotTarget: k * 4,
    });
  }
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const weights = new Float32Array(k);
  for (let i = 0; i < k; i++) weights[i] = WEIGHT_AT[format](view, layout, i);
  return weights;
}

type WeightAt = (row: DataView, layout: PackedRow, index: number) => number;

const WEIGHT_AT: Readonly<Record<PackedFormat, WeightAt>> = {
  f32: (row, _, i) => row.getFloat32(i * 4, true),
  f16: (row, _, i) => halfAt(row, i * 2),
  bf16: (row, _, i) => bfloatToNumber(row.getUint16(i * 2, true)),
  q4_0: (row, layout, i) => halfAt(row, layout.scaleAt + block(i) * 2) * (nibble(row, i) - 8),
  q4_1: (row, layout, i) => scaleAndMin(row, layout.scaleAt + block(i) * 4, nibble(row, i)),
  q5_0: (row, layout, i) => halfAt(row, layout.scaleAt + block(i) * 2) * (fiveBits(row, layout, i) - 16),
  q5_1: (row, layout, i) => scaleAndMin(row, layout.scaleAt + block(i) * 4, fiveBits(row, layout, i)),
  q8_0: (row, layout, i) => halfAt(row, layout.scaleAt + block(i) * 2) * row.getInt8(i),
  q4_k: (row, layout, i) => superScaled(row, layout, i, nibble(row, i)),
  q5_k: (row, layout, i) => superScaled(row, layout, i, fiveBits(row, layout, i)),
  q6_k: (row, layout, i) => {
    const d = halfAt(row, layout.superAt + Math.floor(i / 256) * 2);
    return d * row.getInt8(layout.scaleAt + Math.floor(i / 16)) * (sixBits(row, layout, i) - 32);
  },
};

function block(index: number): number {
  return Math.floor(index / 32);
}

function halfAt(row: DataView, at: number): number {
  return halfToNumber(row.getUint16(at, true));
}

function scaleAndMin(row: DataView, at: number, q: number): number {
  return halfAt(row, at) * q + halfAt(row, at + 2);
}

function superScaled(row: DataView, layout: PackedRow, index: number, q: number): number {
  const scaleAt = layout.scaleAt + block(index) * 2;
  const superAt = layout.superAt + Math.floor(index / 256) * 4;
  return halfAt(row, superAt) * row.getUint8(scaleAt) * q - halfAt(row, superAt + 2) * row.getUint8(scaleAt + 1);
}

function nibble(row: DataView, index: number): number {
  const byte = row.getUint8(block(index) * 16 + (index % 16));
  return index % 32 < 16 ? byte & 15 : byte >> 4;
}

function fiveBits(row: DataView, layout: PackedRow, index: number): number {
  const bits = row.getUint32(layout.highAt + block(index) * 4, true);
  const within = index % 32;
  return nibble(row, index) | (((bits >>> (8 * (within % 4) + Math.floor(within / 4))) & 1) << 4);
}

function sixBits(row: DataView, layout: PackedRow, index: number): number {
  const bits = row.getUint32(layout.highAt + Math.floor(index / 16) * 4, true);
  const within = index % 16;
  return nibble(row, index) | (((bits >>> (8 * (within % 4) + 2 * Math.floor(within / 4))) & 3) << 4);
}

function bfloatToNumber(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(2, bits, true);
  return view.getFloat32(0, true);
}
