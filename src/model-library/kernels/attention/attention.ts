import { assembleKernel, fixed } from '../assemble.ts';
import type { Kernel, KernelProfile } from '../kernel.ts';
import { requireHeads } from '../shape.ts';
import attendSerial from './attend-serial.wgsl?raw';
import attentionSerial from './attention-serial.wgsl?raw';
import visible from './visible.wgsl?raw';

export type AttentionSizes = { readonly heads: number; readonly kvHeads: number; readonly headDim: number };

/**
 * out[rows, heads * headDim]: causal attention of q[rows, heads * headDim] over the f16 cache, which already holds this
 * call's rows. Bindings: q, kv, out.
 *
 * A query at position p sees all positions up to p; with `window` above 0 only the first `sink` and the last
 * `window - sink`. So that a chunk's first rows still find what they see, the cache must hold
 * `capacity >= window + rows - 1` positions.
 */
export function attention(sizes: AttentionSizes, profile: KernelProfile): Kernel {
  const { heads, kvHeads, headDim } = sizes;
  requireHeads('attention', sizes);
  const workgroupSize = 16;
  return assembleKernel({
    name: `attention_${heads}_${kvHeads}_${headDim}_${profile}`,
    bindings: [
      { name: 'q', access: 'read', type: 'vec4<f32>' },
      { name: 'kv', access: 'read', type: 'vec4<u32>' },
      { name: 'out', access: 'write', type: 'vec4<f32>' },
    ],
    scalars: ['rows', 'position', 'capacity', 'window', 'sink'],
    grid: [{ of: 'rows', mul: heads, div: workgroupSize }, fixed(1)],
    workgroupSize,
    constants: {
      HEADS: heads,
      KV_HEADS: kvHeads,
      HEAD_DIM: headDim,
      KV_STRIDE: (kvHeads * headDim) / 4,
      SCALE: { f32: 1 / Math.sqrt(headDim) },
    },
    sources: [visible, attendSerial, attentionSerial],
  });
}
