// A program: everything the runtime must know to serve one model with one set of kernels. docs/architecture.md, "Program".
import type { Kernel } from '#model-library/kernels/kernel.ts';

/** What the runtime can be asked to do; the order is the wire order. */
export const TASKS = [
  'embed',
  'prefill',
  'decode',
  'softmax',
  'sample',
  'penalty',
  'bias',
  'bitmask',
  'layerCheck',
] as const;
export type Task = (typeof TASKS)[number];

/** Where a binding's buffer comes from; the order is the wire order. `arg` counts all arguments of the host's call. */
export const SPACES = ['param', 'state', 'arg', 'out'] as const;
export type Space = (typeof SPACES)[number];
export type Source = { readonly space: Space; readonly index: number };

/** One dispatch, its buffers in the order of the kernel's bindings; or a submission of what was encoded so far. */
export type Step =
  | { readonly type: 'dispatch'; readonly kernel: Kernel; readonly buffers: readonly Source[] }
  | { readonly type: 'flush' };

/** One tensor of the model, with the size its buffer must have. */
export type Parameter = { readonly name: string; readonly byteCount: number };

/** A buffer owned by the KV state, of `perPosition * capacity + perRow * chunk + fixed` bytes. */
export type StateBuffer = {
  readonly name: string;
  readonly perPosition: number;
  readonly perRow: number;
  readonly fixed: number;
};

export type Program = {
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** Most positions in one call of prefill. */
  readonly prefillChunk: number;
  /** Positions the model was made for; no context is larger, and a sliding window's positions end here. */
  readonly positionLimit: number;
  /** The host passes the tensors in this order. */
  readonly parameters: readonly Parameter[];
  readonly states: readonly StateBuffer[];
  /** The state that the runtime fills with (cos, sin) of position * inverse frequency; its size follows from that. */
  readonly rotary: { readonly state: number; readonly inverseFrequencies: readonly number[] };
  readonly tasks: Readonly<Record<Task, readonly Step[]>>;
};

/** Every kernel of a program once, in the order of first use. Kernels of one name must be the same. */
export function kernelsOf(program: Program): Kernel[] {
  const kernels = new Map<string, Kernel>();
  for (const task of TASKS) {
    for (const step of program.tasks[task]) {
      if (step.type === 'dispatch' && !kernels.has(step.kernel.name)) kernels.set(step.kernel.name, step.kernel);
    }
  }
  return [...kernels.values()];
}

/** Dispatches of one task, for budgets and tests. */
export function dispatchCount(program: Program, task: Task): number {
  return program.tasks[task].filter((step) => step.type === 'dispatch').length;
}
