import type { PackedFormat } from '#formats/packed/format.ts';
import type { Kernel, KernelProfile } from './kernel.ts';
import { consecutiveRows } from './matvec.ts';
import { projectionKernel } from './projection/projection.ts';
import { requireCount } from './shape.ts';
import finish from './lm-head.wgsl?raw';

export type LmHeadSizes = {
  readonly vocab: number;
  readonly k: number;
  readonly format: PackedFormat;
  readonly eps: number;
};

/** logits[vocab] = rmsNorm(last row of x[rows, k]) · w[vocab, k]ᵀ. Bindings: x, norm, w, logits. */
export function lmHead(sizes: LmHeadSizes, profile: KernelProfile): Kernel {
  const { vocab, k, format, eps } = sizes;
  requireCount('lm_head', 'vocab', vocab);
  return projectionKernel({
    name: `lm_head_${format}_${vocab}x${k}`,
    profile,
    mode: 'decode',
    k,
    normEps: eps,
    weights: { w: format },
    quads: [{ name: 'all', weights: ['w', 'w', 'w', 'w'], count: Math.ceil(vocab / 4), rows: consecutiveRows(vocab) }],
    bindings: [
      { name: 'x', access: 'read', type: 'vec4<f32>' },
      { name: 'norm', access: 'read', type: 'vec4<f32>' },
      { name: 'w', access: 'read', type: 'vec4<u32>' },
      { name: 'logits', access: 'write', type: 'f32' },
    ],
    scalars: ['rows'],
    constants: { N: vocab },
    finish,
    lastRowOnly: true,
  });
}
