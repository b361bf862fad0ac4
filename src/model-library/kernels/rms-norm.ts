import { assembleKernel, fixed } from './assemble.ts';
import type { Kernel, KernelProfile } from './kernel.ts';
import { requireShape } from './shape.ts';
import parallel from './rms-norm-parallel.wgsl?raw';
import serial from './rms-norm-serial.wgsl?raw';

export type RmsNormSizes = { readonly k: number; readonly eps: number };

/** out[rows, k] = x[rows, k] / sqrt(mean(x²) + eps) * norm[k], row by row. Bindings: x, norm, out. */
export function rmsNorm({ k, eps }: RmsNormSizes, profile: KernelProfile): Kernel {
  requireShape(k > 0 && k % 32 === 0, 'rms_norm', 'k', k, 'a positive multiple of 32');
  const workgroupSize = profile === 'serial' ? 4 : 64;
  return assembleKernel({
    name: `rms_norm_${k}_${profile}`,
    bindings: [
      { name: 'x', access: 'read', type: 'vec4<f32>' },
      { name: 'norm', access: 'read', type: 'vec4<f32>' },
      { name: 'out', access: 'write', type: 'vec4<f32>' },
    ],
    scalars: profile === 'serial' ? ['rows'] : [],
    grid: [{ of: 'rows', mul: 1, div: profile === 'serial' ? workgroupSize : 1 }, fixed(1)],
    workgroupSize,
    constants: { VECTORS: k / 4, EPS: { f32: eps } },
    sources: [profile === 'serial' ? serial : parallel],
  });
}
