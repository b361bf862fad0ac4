// The four ways to make the sums of a projection, one for each profile and mode. Each brings its `run`, and one function
// for each kind of quad, from a source in which the kind is called QUAD.
import type { KernelProfile } from '../kernel.ts';
import matvecParallelQuad from './matvec-parallel-quad.wgsl?raw';
import matvecParallel from './matvec-parallel.wgsl?raw';
import matvecSerialQuad from './matvec-serial-quad.wgsl?raw';
import matvecSerial from './matvec-serial.wgsl?raw';
import type { ProjectionMode, QuadKind } from './projection.ts';
import tileParallel from './tile-parallel.wgsl?raw';
import tileSerialQuad from './tile-serial-quad.wgsl?raw';
import tileSerial from './tile-serial.wgsl?raw';

export type Loop = {
  readonly workgroupSize: number;
  readonly quadsPerWorkgroup: number;
  /** Rows of x that one workgroup takes. */
  readonly rowsPerWorkgroup: number;
  readonly constants: Readonly<Record<string, number>>;
  readonly sources: readonly string[];
};

/** The loop for rows of `blockCount` blocks of 32 over these kinds of quads. */
export function loopOf(
  profile: KernelProfile,
  mode: ProjectionMode,
  blockCount: number,
  kinds: readonly QuadKind[],
): Loop {
  if (mode === 'decode') return profile === 'serial' ? serialMatvec(kinds) : parallelMatvec(blockCount, kinds);
  return profile === 'serial' ? serialTile(kinds) : parallelTile(kinds);
}

function serialMatvec(kinds: readonly QuadKind[]): Loop {
  return {
    workgroupSize: 32,
    quadsPerWorkgroup: 32,
    rowsPerWorkgroup: 1,
    constants: {},
    sources: [
      matvecSerial,
      ...kinds.map((kind) => quadDot(kind) + sourceFor(kind, matvecSerialQuad)),
      quadSwitch(kinds, 'sums', 'x_row: u32', 'vec4<f32>'),
    ],
  };
}

/** 128 invocations in teams: long rows get large teams, so that few rows still occupy a wide GPU. */
function parallelMatvec(blockCount: number, kinds: readonly QuadKind[]): Loop {
  const workgroupSize = 128;
  let team = 4;
  while (team * 2 <= Math.min(32, blockCount)) team *= 2;
  if (blockCount >= 128) team = 64;
  return {
    workgroupSize,
    quadsPerWorkgroup: workgroupSize / team,
    rowsPerWorkgroup: 1,
    // 64 blocks and the sums are 11.5 KiB of the 16 KiB of workgroup memory that every device has.
    constants: { TEAM: team, STAGE_BLOCKS: Math.min(64, blockCount) },
    sources: [
      matvecParallel,
      ...kinds.map((kind) => quadDot(kind) + sourceFor(kind, matvecParallelQuad)),
      quadSwitch(kinds, 'sums', 'start: u32, count: u32, first: u32', 'vec4<f32>'),
    ],
  };
}

function serialTile(kinds: readonly QuadKind[]): Loop {
  const positions = 4;
  return {
    workgroupSize: 32,
    quadsPerWorkgroup: 32,
    rowsPerWorkgroup: positions,
    constants: { POSITIONS: positions },
    sources: [
      tileSerial,
      ...kinds.map((kind) => {
        const reads = tileSerialQuad.replace(
          /QUAD_block_(\d)/g,
          (_, row: string) => `${kind.weights[Number(row)]}_block`,
        );
        return sourceFor(kind, reads);
      }),
      quadSwitch(kinds, 'tile', 'first: u32, last: u32', 'Tile'),
    ],
  };
}

function parallelTile(kinds: readonly QuadKind[]): Loop {
  return {
    workgroupSize: 64,
    quadsPerWorkgroup: 16,
    rowsPerWorkgroup: 32,
    constants: {},
    sources: [tileParallel, ...kinds.map(quadBlock), quadSwitch(kinds, 'block', 'i: u32, block: u32', 'Block')],
  };
}

function sourceFor(kind: QuadKind, source: string): string {
  return source.replaceAll('QUAD_', `${kind.name}_`);
}

/** The four products of one block, each from its own matrix. */
function quadDot({ name, weights }: QuadKind): string {
  const dots = weights.map((binding, row) => `${binding}_dot(rows.${'xyzw'[row]}, block, values, values_sum)`);
  return `fn ${name}_dot(rows: vec4<u32>, block: u32, values: ptr<function, Block>, values_sum: f32) -> vec4<f32> {
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

/**
 * `quad_<what>`, which sends a quad to its kind. The loop over blocks lies inside each branch and not around them:
 * a software adapter runs all branches of a loop body for every invocation.
 */
function quadSwitch(kinds: readonly QuadKind[], what: string, parameters: string, result: string): string {
  const args = parameters.replace(/: u32/g, '');
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
