/** What the runtime knows when it runs a step; docs/architecture.md says what each means. The order is the wire order. */
export const VARIABLES = ['one', 'rows', 'position', 'total', 'count', 'capacity', 'window', 'sink'] as const;
export type Variable = (typeof VARIABLES)[number];

/** One side of the dispatch grid: ceil(variable * mul / div) workgroups. */
export type GridSide = { readonly of: Variable; readonly mul: number; readonly div: number };

export type Binding = {
  readonly name: string;
  /** `write` is WGSL's read_write. One buffer must not be bound as both in one dispatch. */
  readonly access: 'read' | 'write';
};

/**
 * One compute kernel, its sizes baked in as constants.
 *
 * Group 0 holds `bindings` in order, then one uniform block of i32: `scalars` in order and `packGridDimX` (u32).
 * `code` is a whole WGSL module whose entry point is `name`; the workgroup's x index is
 * `wid.z * num_workgroups.x + wid.x`, to be ignored at `packGridDimX` and above.
 */
export type Kernel = {
  /** Unique for its code within a program: [a-z0-9_]+. */
  readonly name: string;
  readonly bindings: readonly Binding[];
  readonly scalars: readonly Variable[];
  readonly grid: readonly [x: GridSide, y: GridSide];
  readonly code: string;
};

/**
 * `serial`: no workgroup barrier in large kernels (software adapters). `parallel`: reductions in workgroup memory.
 * `subgroups`: as `parallel`, with the reductions of decode's projections inside subgroups; needs the feature of that name.
 */
export const KERNEL_PROFILES = ['serial', 'parallel', 'subgroups'] as const;
export type KernelProfile = (typeof KERNEL_PROFILES)[number];

/** What a device must have been opened with to run a profile's kernels. */
export function featuresOf(profile: KernelProfile): GPUFeatureName[] {
  return profile === 'subgroups' ? ['subgroups'] : [];
}
