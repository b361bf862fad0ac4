// The WGSL that reads one packed matrix. For a binding called `w` it defines
//   w_dot(row, block, x: ptr<function, Block>, x_sums) -> f32    sum of weight * x over the block;
//                                                                 x is by_columns, x_sums is half_sums of it
//   w_block(row, block) -> Block                                  the 32 weights
// In the sources the binding is called WEIGHT, so WEIGHT_dot becomes w_dot. formats/packed/format.ts draws the layouts.
import { packedRow, type PackedFormat } from '#formats/packed/format.ts';
import affine from './affine.wgsl?raw';
import bf16 from './bf16.wgsl?raw';
import common from './common.wgsl?raw';
import f16 from './f16.wgsl?raw';
import f32 from './f32.wgsl?raw';
import fiveBits from './five-bits.wgsl?raw';
import nibbles from './nibbles.wgsl?raw';
import q6k from './q6-k.wgsl?raw';
import q80 from './q8-0.wgsl?raw';
import scaleMin from './scale-min.wgsl?raw';
import scale from './scale.wgsl?raw';
import superScaleMin from './super-scale-min.wgsl?raw';
import values from './values.wgsl?raw';
import word from './word.wgsl?raw';

/** Once in every kernel that reads weights, before the readers. */
export const WEIGHT_COMMON: string = common;

const SOURCES: Readonly<Record<PackedFormat, readonly string[]>> = {
  f32: [f32, values],
  f16: [f16, values],
  bf16: [bf16, values],
  q4_0: [word, nibbles, scale, affine],
  q4_1: [word, nibbles, scaleMin, affine],
  q5_0: [word, fiveBits, scale, affine],
  q5_1: [word, fiveBits, scaleMin, affine],
  q8_0: [word, q80],
  q4_k: [word, nibbles, superScaleMin, affine],
  q5_k: [word, fiveBits, superScaleMin, affine],
  q6_k: [word, q6k],
};

const ZEROS: Partial<Record<PackedFormat, number>> = { q4_0: 8, q5_0: 16 };

/** WGSL functions that read the matrix bound as `binding`, whose rows hold k weights in `format`. */
export function weightReader(binding: string, format: PackedFormat, k: number): string {
  const row = packedRow(format, k);
  const constants = [
    `const WEIGHT_STRIDE: u32 = ${row.byteCount / 16}u;`,
    `const WEIGHT_HIGH: u32 = ${Math.max(0, row.highAt) / 4}u;`,
    `const WEIGHT_SCALE: u32 = ${Math.max(0, row.scaleAt) / 4}u;`,
    `const WEIGHT_SUPER: u32 = ${Math.max(0, row.superAt) / 4}u;`,
    `const WEIGHT_ZERO: f32 = ${ZEROS[format] ?? 0}.0;`,
  ];
  return [...constants, ...SOURCES[format]].join('\n').replaceAll('WEIGHT', binding);
}
