import type { PackedFormat } from '#formats/packed/format.ts';
import { assembleKernel, fixed, rowsBy } from './assemble.ts';
import type { Kernel } from './kernel.ts';
import { requireCount, requireShape } from './shape.ts';
import { WEIGHT_COMMON, weightReader } from './weights/weight-reader.ts';
import embedSource from './embed.wgsl?raw';

export type EmbedSizes = { readonly vocab: number; readonly k: number; readonly format: PackedFormat };

/** out[rows, k] = rows `ids` of weight[vocab, k]; an id outside the vocabulary takes the last row. Bindings: ids, weight, out. */
export function embed({ vocab, k, format }: EmbedSizes): Kernel {
  requireCount('embed', 'vocab', vocab);
  requireShape(k > 0 && k % 32 === 0, 'embed', 'k', k, 'a positive multiple of 32');
  const workgroupSize = 32;
  return assembleKernel({
    name: `embed_${format}_${vocab}x${k}`,
    bindings: [
      { name: 'ids', access: 'read', type: 'i32' },
      { name: 'weight', access: 'read', type: 'vec4<u32>' },
      { name: 'out', access: 'write', type: 'vec4<f32>' },
    ],
    scalars: [],
    grid: [fixed(Math.ceil(k / 32 / workgroupSize)), rowsBy(1)],
    workgroupSize,
    constants: { BLOCKS: k / 32, VOCAB: vocab },
    sources: [WEIGHT_COMMON, weightReader('weight', format, k), embedSource],
  });
}
