import type { PackedFormat } from '#formats/packed/format.ts';
import type { Kernel, KernelProfile } from './kernel.ts';
import { projectionKernel, type ProjectionMode } from './projection/projection.ts';
import { requireCount, requireShape } from './shape.ts';
import finish from './gate-up.wgsl?raw';

export type GateUpSizes = {
  readonly ffn: number;
  readonly k: number;
  readonly gateFormat: PackedFormat;
  readonly upFormat: PackedFormat;
  readonly eps: number;
};

/**
 * out[rows, ffn] = silu(h · wgᵀ) * (h · wuᵀ) with h = rmsNorm(x[rows, k]). Bindings: x, norm, wg, wu, out.
 * In prefill x is h already, and norm is not bound.
 */
export function gateUp(sizes: GateUpSizes, profile: KernelProfile, mode: ProjectionMode): Kernel {
  const { ffn, k, gateFormat, upFormat, eps } = sizes;
  requireCount('gate_up', 'ffn', ffn);
  requireShape(ffn % 2 === 0, 'gate_up', 'ffn', ffn, 'an even number');
  const rows = 'vec4<u32>(quad * 2u, quad * 2u + 1u, quad * 2u, quad * 2u + 1u)';
  return projectionKernel({
    name: `gate_up_${gateFormat}_${upFormat}_${ffn}x${k}`,
    profile,
    mode,
    k,
    normEps: eps,
    weights: { wg: gateFormat, wu: upFormat },
    quads: [{ name: 'both', weights: ['wg', 'wg', 'wu', 'wu'], count: ffn / 2, rows }],
    bindings: [
      { name: 'x', access: 'read', type: 'vec4<f32>' },
      { name: 'norm', access: 'read', type: 'vec4<f32>' },
      { name: 'wg', access: 'read', type: 'vec4<u32>' },
      { name: 'wu', access: 'read', type: 'vec4<u32>' },
      { name: 'out', access: 'write', type: 'vec2<f32>' },
    ],
    scalars: [],
    constants: { FFN: ffn },
    finish,
  });
}
