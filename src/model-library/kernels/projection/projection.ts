// The shared body of every kernel that multiplies x by weight matrices (qkv, gate_up, matvec, lm_head).
//
// The unit of work is a quad: four weight rows whose products with one row of x are finished together as a vec4, because
// the next step needs them together (a rotary pair, gate beside up, two f16 in one word). An operation says which rows
// make a quad and what `finish(quad, row, sums)` does with the four sums; this file says how the sums are made:
//   decode   one row of x; serial: an invocation a quad; parallel: a team of invocations a quad
//   prefill  a tile of rows of x, each block of weights unpacked once for all of them
import { assembleKernel, fixed, rowsBy, type Constant, type TypedBinding } from '../assemble.ts';
import type { Kernel, KernelProfile, Variable } from '../kernel.ts';
import { requireShape } from '../shape.ts';
import { WEIGHT_COMMON, weightReader } from '../weights/weight-reader.ts';
import type { PackedFormat } from '#formats/packed/format.ts';
import matvecQuad from './matvec-quad.wgsl?raw';
import matvec from './matvec.wgsl?raw';
import teamSerial from './team-serial.wgsl?raw';
import tileSerialQuad from './tile-serial-quad.wgsl?raw';
import tileSerial from './tile-serial.wgsl?raw';
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
  /** Epsilon of the RMSNorm applied to x first; null when x is used as it is. */
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

const SERIAL_WORKGROUP = 32;
const SERIAL_POSITIONS = 4;

/** The kernel of an operation for one profile and mode. */
export function projectionKernel(projection: Projection): Kernel {
  const { k, mode, normEps, quads } = projection;
  requireShape(k > 0 && k % 32 === 0, projection.name, 'k', k, 'a positive multiple of 32');
  const quadCount = quads.reduce((sum, kind) => sum + kind.count, 0);
  const prefill = mode === 'prefill';
  const scalars = [...projection.scalars];
  if ((prefill || projection.lastRowOnly) && !scalars.includes('rows')) scalars.push('rows');
  return assembleKernel({
    name: `${projection.name}_${projection.profile}_${mode}`,
    bindings: projection.bindings,
    scalars,
    grid: [
      fixed(Math.ceil(quadCount / SERIAL_WORKGROUP)),
      projection.lastRowOnly ? fixed(1) : rowsBy(prefill ? SERIAL_POSITIONS : 1),
    ],
    workgroupSize: SERIAL_WORKGROUP,
    constants: {
      BLOCKS: k / 32,
      QUADS: quadCount,
      TEAM: 1,
      POSITIONS: SERIAL_POSITIONS,
      EPS: { f32: normEps ?? 0 },
      ...projection.constants,
    },
    sources: [
      WEIGHT_COMMON,
      ...Object.entries(projection.weights).map(([binding, format]) => weightReader(binding, format, k)),
      normEps === null ? xPlain : xNormed,
      ...(prefill ? tileSources(quads) : matvecSources(quads, projection.lastRowOnly ?? false)),
      projection.finish,
    ],
  });
}

function matvecSources(quads: readonly QuadKind[], lastRowOnly: boolean): string[] {
  return [
    matvec,
    teamSerial,
    `fn x_row(y: u32) -> u32 { return ${lastRowOnly ? 'u32(scalars.rows) - 1u' : 'y'}; }`,
    ...quads.map((kind) => `${quadDot(kind)}\n${matvecQuad.replaceAll('QUAD_', `${kind.name}_`)}`),
    quadSwitch(quads, 'partial', 'y: u32, first: u32', 'y, first', 'Partial'),
  ];
}

function tileSources(quads: readonly QuadKind[]): string[] {
  return [
    tileSerial,
    ...quads.map(
      (kind) =>
        `${tileSerialQuad.replace(/QUAD_block_(\d)/g, (_, row: string) => `${kind.weights[Number(row)]}_block`).replaceAll('QUAD_', `${kind.name}_`)}`,
    ),
    quadSwitch(quads, 'tile', 'first: u32, last: u32', 'first, last', 'Tile'),
  ];
}

/** The four products of one block, each from its own matrix. */
function quadDot({ name, weights }: QuadKind): string {
  const dots = weights.map((binding, row) => `${binding}_dot(rows.${'xyzw'[row]}, block, values, values_sum)`);
  return `fn ${name}_dot(rows: vec4<u32>, block: u32, values: ptr<function, Block>, values_sum: f32) -> vec4<f32> {
  return vec4<f32>(${dots.join(', ')});
}`;
}

/**
 * `quad_<what>`, which sends a quad to its kind. The loop over blocks lies inside each branch and not around them:
 * a software adapter runs all branches of a loop body for every invocation.
 */
function quadSwitch(
  kinds: readonly QuadKind[],
  what: string,
  parameters: string,
  args: string,
  result: string,
): string {
  let start = 0;
  const branches = kinds.map((kind, index) => {
    const call = `${kind.name}_${what}(${kind.name}_rows(index - ${start}u), ${args})`;
    start += kind.count;
    return index === kinds.length - 1 ? `return ${call};` : `if (index < ${start}u) { return ${call}; }`;
  });
  const rows = kinds.map((kind) => `fn ${kind.name}_rows(quad: u32) -> vec4<u32> { return ${kind.rows}; }`);
  return `${rows.join('\n')}
fn quad_${what}(index: u32, ${parameters}) -> ${result} {
  ${branches.join('\n  ')}
}`;
}
