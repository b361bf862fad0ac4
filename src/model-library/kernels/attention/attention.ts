// Attention over the f16 cache: whole rows at once (prefill), or one row in splits that a second kernel joins (decode,
// where a few heads alone would leave a GPU idle).
//
// A query at position p sees all positions up to p; with `window` above 0 only the first `sink` and the last
// `window - sink`. So that a chunk's first rows still find what they see, the cache must hold
// `capacity >= window + rows - 1` positions.
import { assembleKernel, fixed, rowsBy, type Constant, type TypedBinding } from '../assemble.ts';
import type { Kernel, KernelProfile } from '../kernel.ts';
import { repeatLines } from '../repeat-lines.ts';
import { requireHeads } from '../shape.ts';
import attendParallel from './attend-parallel.wgsl?raw';
import attendSerial from './attend-serial.wgsl?raw';
import attentionParallel from './attention-parallel.wgsl?raw';
import attentionSerial from './attention-serial.wgsl?raw';
import halves from './halves.wgsl?raw';
import reduceSource from './reduce.wgsl?raw';
import splitParallel from './split-parallel.wgsl?raw';
import splitSerial from './split-serial.wgsl?raw';
import visible from './visible.wgsl?raw';

export type AttentionSizes = { readonly heads: number; readonly kvHeads: number; readonly headDim: number };

const Q: TypedBinding = { name: 'q', access: 'read', type: 'vec4<f32>' };
const KV: TypedBinding = { name: 'kv', access: 'read', type: 'vec4<u32>' };
const OUT: TypedBinding = { name: 'out', access: 'write', type: 'vec4<f32>' };

/** Bytes of splits that `attentionSplit` needs for a cache of `capacity` positions: perPosition * capacity + fixed. */
export type SplitBytes = { readonly perPosition: number; readonly fixed: number };

/**
 * out[rows, heads * headDim]: causal attention of q[rows, heads * headDim] over the cache, which already holds this
 * call's rows. Bindings: q, kv, out.
 */
export function attention(sizes: AttentionSizes, profile: KernelProfile): Kernel {
  requireHeads('attention', sizes);
  const group = groupOf(sizes);
  const groupCount = sizes.heads / group;
  const serial = profile === 'serial';
  const workgroupSize = serial ? 16 : 64;
  return assembleKernel({
    name: nameOf('attention', sizes, profile),
    bindings: [Q, KV, OUT],
    scalars: ['rows', 'position', 'capacity', 'window', 'sink'],
    grid: serial ? [{ of: 'rows', mul: groupCount, div: workgroupSize }, fixed(1)] : [fixed(groupCount), rowsBy(1)],
    workgroupSize,
    constants: constantsOf(sizes, profile),
    sources: serial
      ? [halves, visible, repeatLines(attendSerial, group), attentionSerial]
      : [halves, visible, attendParallel, attentionParallel],
  });
}

/**
 * The same for one row (rows = 1), as splits: parts[split][head] = headDim weighted sums, then their largest score and
 * weight. Bindings: q, kv, parts. `attentionReduce` must follow.
 */
export function attentionSplit(sizes: AttentionSizes, profile: KernelProfile): Kernel {
  requireHeads('attention_split', sizes);
  const group = groupOf(sizes);
  const groupCount = sizes.heads / group;
  const serial = profile === 'serial';
  const workgroupSize = serial ? 4 : 64;
  const split = splitOf(profile);
  return assembleKernel({
    name: nameOf('attention_split', sizes, profile),
    bindings: [Q, KV, { name: 'parts', access: 'write', type: 'vec4<f32>' }],
    scalars: ['position', 'capacity', 'window', 'sink'],
    grid: [fixed(serial ? Math.ceil(groupCount / workgroupSize) : groupCount), { of: 'total', mul: 1, div: split }],
    workgroupSize,
    constants: constantsOf(sizes, profile),
    sources: serial
      ? [halves, visible, repeatLines(attendSerial, group), splitSerial]
      : [halves, visible, attendParallel, splitParallel],
  });
}

/** out[1, heads * headDim] from the parts of `attentionSplit`. Bindings: parts, out. */
export function attentionReduce(sizes: AttentionSizes, profile: KernelProfile): Kernel {
  requireHeads('attention_reduce', sizes);
  const workgroupSize = 32;
  return assembleKernel({
    name: nameOf('attention_reduce', sizes, profile),
    bindings: [{ name: 'parts', access: 'read', type: 'vec4<f32>' }, OUT],
    scalars: ['position', 'capacity', 'window', 'sink'],
    grid: [fixed(Math.ceil((sizes.heads * sizes.headDim) / 4 / workgroupSize)), fixed(1)],
    workgroupSize,
    constants: constantsOf(sizes, profile),
    sources: [visible, reduceSource],
  });
}

/** The size of `parts`. */
export function splitBytes({ heads, headDim }: AttentionSizes, profile: KernelProfile): SplitBytes {
  const bytesPerSplit = heads * (headDim / 4 + 1) * 16;
  return { perPosition: Math.ceil(bytesPerSplit / splitOf(profile)), fixed: bytesPerSplit };
}

/** Positions a split. Short where one invocation walks it alone; a whole tile of the workgroup where 64 do. */
export function splitOf(profile: KernelProfile): number {
  return profile === 'serial' ? 32 : 64;
}

/** Query heads done together, because they read the same keys and values: up to 4 that share a KV head. */
function groupOf({ heads, kvHeads }: AttentionSizes): number {
  const sharing = heads / kvHeads;
  return [4, 3, 2].find((group) => sharing % group === 0) ?? 1;
}

function nameOf(kernel: string, { heads, kvHeads, headDim }: AttentionSizes, profile: KernelProfile): string {
  return `${kernel}_${heads}_${kvHeads}_${headDim}_${profile}`;
}

function constantsOf(sizes: AttentionSizes, profile: KernelProfile): Record<string, Constant> {
  const { heads, kvHeads, headDim } = sizes;
  return {
    HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    GROUP: groupOf(sizes),
    KV_STRIDE: (kvHeads * headDim) / 4,
    SPLIT: splitOf(profile),
    PART_STRIDE: headDim / 4 + 1,
    SCALE: { f32: 1 / Math.sqrt(headDim) },
  };
}
