// The shared body of every kernel that multiplies x by weight matrices (qkv, gate_up, matvec, lm_head).
//
// The unit of work is a quad: four weight rows whose products with one row of x are finished together as a vec4, because
// the next step needs them together (a rotary pair, gate beside up, two f16 in one word). An operation says which rows
// make a quad and what `finish(quad, row, sums)` does with the four sums; this file says how the sums are made:
//   decode   one row of x; serial: an invocation a quad; parallel: a team of invocations a quad
//   prefill  a tile of rows of x, each block of weights unpacked once for all of them
// loops.ts has the four of them.
import { assembleKernel, fixed, rowsBy, type Constant, type TypedBinding } from '../assemble.ts';
import type { Kernel, KernelProfile, Variable } from '../kernel.ts';
import { requireShape } from '../shape.ts';
import { WEIGHT_COMMON, weightReader } from '../weights/weight-reader.ts';
import type { PackedFormat } from '#formats/packed/format.ts';
import loadX from './load-x.wgsl?raw';
import { loopOf } from './loops.ts';
import xNormed from './x-normed.wgsl?raw';
import xPlain from './x-plain.wgsl?raw';

/** `decode` runs one row of x at its best and any number correctly; `prefill` is made for many. */
export type ProjectionMode = 'decode' | 'prefill';

/** Quads of one kind: where each of the four rows comes from, and how many such quads there are. */
export type QuadKind = {
  readonly name: string;
  readonly weights: readonly [string, string, string, string];
  readonly count: number;
  /** WGSL of a vec4<u32>: the four rows of quad `quad`, counted within this kind. */
  readonly rows: string;
};

export type Projection = {
  readonly name: string;
  readonly profile: KernelProfile;
  readonly mode: ProjectionMode;
  /** Length of a row of x. */
  readonly k: number;
  /**
   * Epsilon of the RMSNorm that decode applies to x, with the weights bound as `norm`; null when x is used as it is. In
   * prefill a tile would normalise the same rows again for every few weight rows, so there x comes normalised (rms_norm)
   * and `norm` is not bound.
   */
  readonly normEps: number | null;
  readonly weights: Readonly<Record<string, PackedFormat>>;
  readonly quads: readonly QuadKind[];
  readonly bindings: readonly TypedBinding[];
  readonly scalars: readonly Variable[];
  readonly constants: Readonly<Record<string, Constant>>;
  /** WGSL with `finish(quad, row, sums)`. */
  readonly finish: string;
  /** True when only the last of the call's rows of x is used (decode only). */
  readonly lastRowOnly?: boolean;
};

/** The kernel of an operation for one profile and mode. */
export function projectionKernel(projection: Projection): Kernel {
  const { k, mode, normEps, profile, quads } = projection;
  requireShape(k > 0 && k % 32 === 0, projection.name, 'k', k, 'a positive multiple of 32');
  const quadCount = quads.reduce((sum, kind) => sum + kind.count, 0);
  const lastRowOnly = projection.lastRowOnly ?? false;
  const loop = loopOf(profile, mode, k / 32, quads);
  const scalars = [...projection.scalars];
  if ((mode === 'prefill' || lastRowOnly) && !scalars.includes('rows')) scalars.push('rows');
  return assembleKernel({
    name: `${projection.name}_${profile}_${mode}`,
    bindings: projection.bindings.filter(({ name }) => name !== 'norm' || mode === 'decode'),
    scalars,
    grid: [fixed(loop.workgroupCount), lastRowOnly ? fixed(1) : rowsBy(loop.rowsPerWorkgroup)],
    workgroupSize: loop.workgroupSize,
    constants: {
      BLOCKS: k / 32,
      QUADS: quadCount,
      EPS: { f32: normEps ?? 0 },
      ...loop.constants,
      ...projection.constants,
    },
    sources: [
      WEIGHT_COMMON,
      ...Object.entries(projection.weights).map(([binding, format]) => weightReader(binding, format, k)),
      loadX,
      ...(mode === 'prefill' ? [] : [normEps === null ? xPlain : xNormed, xRow(lastRowOnly)]),
      ...loop.sources,
      projection.finish,
    ],
    usesSubgroups: loop.usesSubgroups ?? false,
  });
}

function xRow(lastRowOnly: boolean): string {
  return `fn x_row(y: u32) -> u32 { return ${lastRowOnly ? 'u32(scalars.rows) - 1u' : 'y'}; }`;
}
