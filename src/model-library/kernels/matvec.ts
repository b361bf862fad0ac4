import type { PackedFormat } from '#formats/packed/format.ts';
import type { Kernel, KernelProfile } from './kernel.ts';
import { projectionKernel, type ProjectionMode } from './projection/projection.ts';
import { requireCount } from './shape.ts';
import finish from './matvec.wgsl?raw';

export type MatvecSizes = { readonly n: number; readonly k: number; readonly format: PackedFormat };

/** y[rows, n] += x[rows, k] · w[n, k]ᵀ. Bindings: x, w, y. */
export function matvec(sizes: MatvecSizes, profile: KernelProfile, mode: ProjectionMode): Kernel {
  const { n, k, format } = sizes;
  requireCount('matvec', 'n', n);
  return projectionKernel({
    name: `matvec_${format}_${n}x${k}`,
    profile,
    mode,
    k,
    normEps: null,
    weights: { w: format },
    quads: [{ name: 'all', weights: ['w', 'w', 'w', 'w'], count: Math.ceil(n / 4), rows: consecutiveRows(n) }],
    bindings: [
      { name: 'x', access: 'read', type: 'vec4<f32>' },
      { name: 'w', access: 'read', type: 'vec4<u32>' },
      { name: 'y', access: 'write', type: 'f32' },
    ],
    scalars: [],
    constants: { N: n },
    finish,
  });
}

/** The rows of quad q of an n-row matrix: 4q to 4q+3, the last row again past the end. */
export function consecutiveRows(n: number): string {
  return `min(vec4<u32>(quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(${n - 1}u))`;
}
