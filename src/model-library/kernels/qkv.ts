import type { PackedFormat } from '#formats/packed/format.ts';
import type { Kernel, KernelProfile } from './kernel.ts';
import { consecutiveRows } from './matvec.ts';
import { projectionKernel, type ProjectionMode, type QuadKind } from './projection/projection.ts';
import { requireHeads } from './shape.ts';
import finish from './qkv.wgsl?raw';

/** `norm` turns elements (2i, 2i+1) of a head together, `neox` elements (i, i + headDim/2). */
export type RopeLayout = 'norm' | 'neox';

export type QkvSizes = {
  readonly k: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ropeLayout: RopeLayout;
  readonly qFormat: PackedFormat;
  readonly kFormat: PackedFormat;
  readonly vFormat: PackedFormat;
  readonly eps: number;
};

/**
 * RMSNorm of x[rows, k], the three projections, rotary embedding, and K and V appended to the f16 cache at the slots of
 * positions `position`..`position + rows - 1`. Bindings: x, norm, wq, wk, wv, rope, kv, q. In prefill x is normalised
 * already, and norm is not bound.
 */
export function qkv(sizes: QkvSizes, profile: KernelProfile, mode: ProjectionMode): Kernel {
  const { k, heads, kvHeads, headDim, ropeLayout, qFormat, kFormat, vFormat, eps } = sizes;
  requireHeads('qkv', sizes);
  const qQuads = (heads * headDim) / 4;
  const kvQuads = (kvHeads * headDim) / 4;
  const rotated = ropeLayout === 'neox' ? neoxRows(headDim) : null;
  const kind = (name: string, count: number, rows: string | null): QuadKind => {
    const binding = `w${name}`;
    return { name, weights: [binding, binding, binding, binding], count, rows: rows ?? consecutiveRows(count * 4) };
  };
  return projectionKernel({
    name: `qkv_${qFormat}_${kFormat}_${vFormat}_${heads}_${kvHeads}_${headDim}x${k}_${ropeLayout}`,
    profile,
    mode,
    k,
    normEps: eps,
    weights: { wq: qFormat, wk: kFormat, wv: vFormat },
    quads: [kind('q', qQuads, rotated), kind('k', kvQuads, rotated), kind('v', kvQuads, null)],
    bindings: [
      { name: 'x', access: 'read', type: 'vec4<f32>' },
      { name: 'norm', access: 'read', type: 'vec4<f32>' },
      { name: 'wq', access: 'read', type: 'vec4<u32>' },
      { name: 'wk', access: 'read', type: 'vec4<u32>' },
      { name: 'wv', access: 'read', type: 'vec4<u32>' },
      { name: 'rope', access: 'read', type: 'vec4<f32>' },
      { name: 'kv', access: 'write', type: 'u32' },
      { name: 'q', access: 'write', type: 'vec2<f32>' },
    ],
    scalars: ['position', 'capacity', 'window', 'sink'],
    constants: { HEAD_DIM: headDim, Q_QUADS: qQuads, KV_QUADS: kvQuads, NEOX: ropeLayout === 'neox' },
    finish,
  });
}

/** Two neighbouring rows of a head's first half and the two that turn with them. */
function neoxRows(headDim: number): string {
  const perHead = headDim / 4;
  const first = `(quad / ${perHead}u) * ${headDim}u + (quad % ${perHead}u) * 2u`;
  return `vec4<u32>(${first}) + vec4<u32>(0u, 1u, ${headDim / 2}u, ${headDim / 2 + 1}u)`;
}
