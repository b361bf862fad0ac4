// The four ways to make the sums of a projection, one for each profile and mode. Each brings its `run`, and functions for
// each kind of quad, from a source in which the kind is called QUAD. In the serial ones a line that names something `_I`
// or the number `I` stands for EACH lines, one for each quad of the invocation.
import type { KernelProfile } from '../kernel.ts';
import { repeatLines } from '../repeat-lines.ts';
import matvecParallelQuad from './matvec-parallel-quad.wgsl?raw';
import matvecParallel from './matvec-parallel.wgsl?raw';
import matvecSerial from './matvec-serial.wgsl?raw';
import type { ProjectionMode, QuadKind } from './projection.ts';
import teamSubgroups from './team-subgroups.wgsl?raw';
import teamTree from './team-tree.wgsl?raw';
import tileParallel from './tile-parallel.wgsl?raw';
import tileSerial from './tile-serial.wgsl?raw';

export type Loop = {
  readonly workgroupSize: number;
  readonly workgroupCount: number;
  /** Rows of x that one workgroup takes. */
  readonly rowsPerWorkgroup: number;
  readonly constants: Readonly<Record<string, number>>;
  readonly sources: readonly string[];
  readonly usesSubgroups?: boolean;
};

/** The loop for rows of `blockCount` blocks of 32 over these kinds of quads. */
export function loopOf(
  profile: KernelProfile,
  mode: ProjectionMode,
  blockCount: number,
  kinds: readonly QuadKind[],
): Loop {
  if (mode === 'decode') {
    return profile === 'serial' ? serialMatvec(kinds) : parallelMatvec(blockCount, kinds, profile === 'subgroups');
  }
  return profile === 'serial' ? serialTile(kinds) : parallelTile(kinds);
}

function serialMatvec(kinds: readonly QuadKind[]): Loop {
  const quadCount = countOf(kinds);
  // Measured on SwiftShader: 16 weight rows an invocation take half the time a row of 4, and 32 rows a tenth less than
  // 16, as long as there are enough invocations for the cores.
  const each = quadCount >= 512 ? 8 : quadCount >= 128 ? 4 : quadCount >= 16 ? 2 : 1;
  return serialLoop(kinds, matvecSerial, each, 1, 4);
}

/** 128 invocations in teams: long rows get large teams, so that few rows still occupy a wide GPU. */
function parallelMatvec(blockCount: number, kinds: readonly QuadKind[], usesSubgroups: boolean): Loop {
  const workgroupSize = 128;
  let team = 4;
  while (team * 2 <= Math.min(32, blockCount)) team *= 2;
  if (blockCount >= 128) team = 64;
  return {
    workgroupSize,
    workgroupCount: Math.ceil((countOf(kinds) * team) / workgroupSize),
    rowsPerWorkgroup: 1,
    // 64 blocks and the sums are 11.5 KiB of the 16 KiB of workgroup memory that every device has.
    constants: { TEAM: team, STAGE_BLOCKS: Math.min(64, blockCount) },
    sources: [
      matvecParallel,
      usesSubgroups ? teamSubgroups : teamTree,
      ...kinds.map((kind) => quadDot(kind) + sourceFor(kind, matvecParallelQuad)),
      quadSwitch(kinds, 'sums', 'start: u32, count: u32, first: u32', 'vec4<f32>'),
    ],
    usesSubgroups,
  };
}

function serialTile(kinds: readonly QuadKind[]): Loop {
  return serialLoop(kinds, tileSerial, 2, 32, 4);
}

function serialLoop(
  kinds: readonly QuadKind[],
  source: string,
  each: number,
  positions: number,
  workgroupSize: number,
): Loop {
  // Every kind begins with an invocation of its own.
  const invocations = kinds.map(({ count }) => Math.ceil(count / each));
  let start = 0;
  let firstInvocation = 0;
  const runs: string[] = [];
  const branches: string[] = [];
  kinds.forEach((kind, index) => {
    const body = source
      .replaceAll('QUAD_START', `${start}u`)
      .replaceAll('QUAD_COUNT', `${kind.count}u`)
      .replace(/QUAD_block_(\d)/g, (_, row: string) => `${kind.weights[Number(row)]}_block`);
    const products = source.includes('QUAD_dot') ? [quadDot(kind)] : [];
    runs.push(rowsFunction(kind), ...products, repeatLines(sourceFor(kind, body), each));
    const end = firstInvocation + invocations[index]!;
    branches.push(`if (index < ${end}u) { ${kind.name}_run(index - ${firstInvocation}u, y); return; }`);
    start += kind.count;
    firstInvocation = end;
  });
  return {
    workgroupSize,
    workgroupCount: Math.ceil(firstInvocation / workgroupSize),
    rowsPerWorkgroup: positions,
    constants: { EACH: each, POSITIONS: positions },
    sources: [
      ...runs,
      // The loops lie inside the branches: a software adapter runs all branches of a loop's body for every invocation.
      `fn run(group: u32, y: u32, lane: u32) {
  let index = group * WORKGROUP + lane;
  ${branches.join('\n  ')}
}`,
    ],
  };
}

function parallelTile(kinds: readonly QuadKind[]): Loop {
  return {
    workgroupSize: 64,
    workgroupCount: Math.ceil(countOf(kinds) / 16),
    rowsPerWorkgroup: 32,
    constants: {},
    sources: [tileParallel, ...kinds.map(quadBlock), quadSwitch(kinds, 'block', 'i: u32, block: u32', 'Block')],
  };
}

function countOf(kinds: readonly QuadKind[]): number {
  return kinds.reduce((sum, { count }) => sum + count, 0);
}

function rowsFunction({ name, rows }: QuadKind): string {
  return `fn ${name}_rows(quad: u32) -> vec4<u32> { return ${rows}; }`;
}

function sourceFor(kind: QuadKind, source: string): string {
  return source.replaceAll('QUAD_', `${kind.name}_`);
}

/** The four products of one block, each from its own matrix. */
function quadDot({ name, weights }: QuadKind): string {
  const dots = weights.map((binding, row) => `${binding}_dot(rows.${'xyzw'[row]}, block, values, values_sums)`);
  return `fn ${name}_dot(rows: vec4<u32>, block: u32, values: ptr<function, Block>, values_sums: vec2<f32>) -> vec4<f32> {
  return vec4<f32>(${dots.join(', ')});
}
`;
}

/** One block of the quad's row i; the matrices change within a quad at most once, between its halves. */
function quadBlock({ name, weights }: QuadKind): string {
  const [first, , second] = weights;
  const read = (binding: string): string => `return ${binding}_block(rows[i], block);`;
  const body = first === second ? read(first) : `if (i < 2u) { ${read(first)} }\n  ${read(second)}`;
  return `fn ${name}_block(rows: vec4<u32>, i: u32, block: u32) -> Block {
  ${body}
}`;
}

/** `quad_<what>`, which sends a quad to its kind. */
function quadSwitch(kinds: readonly QuadKind[], what: string, parameters: string, result: string): string {
  const args = parameters.replace(/: u32/g, '');
  let start = 0;
  const branches = kinds.map((kind, index) => {
    const call = `${kind.name}_${what}(${kind.name}_rows(index - ${start}u), ${args})`;
    start += kind.count;
    return index === kinds.length - 1 ? `return ${call};` : `if (index < ${start}u) { return ${call}; }`;
  });
  return `${kinds.map(rowsFunction).join('\n')}
fn quad_${what}(index: u32, ${parameters}) -> ${result} {
  ${branches.join('\n  ')}
}`;
}
