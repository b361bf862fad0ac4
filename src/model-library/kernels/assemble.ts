// Puts a kernel's WGSL together: bindings, the uniform block, constants, the sources, and the entry point, which is the
// same for every kernel. A source is plain WGSL that uses what the header declares and defines
// `fn run(group: u32, y: u32, lane: u32)`: workgroup along x (unfolded), workgroup along y, invocation. Where it uses
// subgroups, it is `fn run(group: u32, y: u32, lane: u32, width: u32)`, width being the invocations of a subgroup.
import type { Binding, GridSide, Kernel, Variable } from './kernel.ts';

/** A binding and the WGSL type of its elements. */
export type TypedBinding = Binding & { readonly type: 'u32' | 'i32' | 'f32' | 'vec2<f32>' | 'vec4<f32>' | 'vec4<u32>' };

/** Whole numbers become u32 constants; a decimal is written `{ f32: value }`. */
export type Constant = number | boolean | { readonly f32: number };

export type KernelSource = {
  readonly name: string;
  readonly bindings: readonly TypedBinding[];
  readonly scalars: readonly Variable[];
  readonly grid: readonly [x: GridSide, y: GridSide];
  readonly workgroupSize: number;
  readonly constants: Readonly<Record<string, Constant>>;
  readonly sources: readonly string[];
  readonly usesSubgroups?: boolean;
};

/** One whole WGSL module and what a launcher must know of it. */
export function assembleKernel(source: KernelSource): Kernel {
  const { name, bindings, scalars, grid } = source;
  const usesSubgroups = source.usesSubgroups ?? false;
  const code = [
    ...(usesSubgroups ? ['enable subgroups;'] : []),
    ...bindings.map(bindingText),
    `struct Scalars { ${[...scalars.map((scalar) => `${scalar}: i32`), 'packGridDimX: u32'].join(', ')} }`,
    `@group(0) @binding(${bindings.length}) var<uniform> scalars: Scalars;`,
    `const WORKGROUP: u32 = ${source.workgroupSize}u;`,
    ...Object.entries(source.constants).map(constantText),
    ...source.sources.map(withoutComments),
    entryText(name, usesSubgroups),
  ].join('\n');
  return { name, bindings: bindings.map(({ name, access }) => ({ name, access })), scalars, grid, code };
}

/** A grid side of a fixed number of workgroups. */
export function fixed(count: number): GridSide {
  return { of: 'one', mul: count, div: 1 };
}

/** One workgroup for every `each` rows. */
export function rowsBy(each: number): GridSide {
  return { of: 'rows', mul: 1, div: each };
}

function bindingText({ name, access, type }: TypedBinding, index: number): string {
  const mode = access === 'write' ? 'read_write' : 'read';
  return `@group(0) @binding(${index}) var<storage, ${mode}> ${name}: array<${type}>;`;
}

function constantText([name, value]: [string, Constant]): string {
  if (typeof value === 'boolean') return `const ${name}: bool = ${value};`;
  if (typeof value === 'number') return `const ${name}: u32 = ${value}u;`;
  const digits = String(value.f32);
  return `const ${name}: f32 = ${/[.e]/.test(digits) ? digits : `${digits}.0`};`;
}

/** The library carries the code as ASCII and hands it out at every load: comments stay in the repository. */
function withoutComments(wgsl: string): string {
  return wgsl
    .split('\n')
    .map((line) => line.replace(/\s*\/\/.*$/, ''))
    .filter((line) => line.trim() !== '')
    .join('\n');
}

/** A grid wider than 65535 is folded into z by the launcher, which may start a few workgroups too many. */
function entryText(name: string, usesSubgroups: boolean): string {
  const [builtin, width] = usesSubgroups ? [', @builtin(subgroup_size) width: u32', ', width'] : ['', ''];
  return `@compute @workgroup_size(WORKGROUP)
fn ${name}(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) lane: u32${builtin}) {
  let group = wid.z * grid.x + wid.x;
  if (group >= scalars.packGridDimX) { return; }
  run(group, wid.y, lane${width});
}
`;
}
