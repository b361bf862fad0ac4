// A small program, packaged, in the test's host: what WebLLM does to load a library and to step through it.
import type { Kernel } from '#model-library/kernels/kernel.ts';
import { packageModelLibrary } from '#model-library/package/package-library.ts';
import type { Program, Source, Step } from '#model-library/program/program.ts';
import { Host, TYPE, WEBGPU, readRuntime, type Value } from './host.ts';

type Handle = { readonly type: number; readonly handle: number };

function kernel(name: string, bindings: number, scalars: Kernel['scalars'], grid: Kernel['grid']): Kernel {
  return {
    name,
    bindings: Array.from({ length: bindings }, (_, index) => ({ name: `b${index}`, access: index ? 'read' : 'write' })),
    scalars,
    grid,
    code: `// ${name}`,
  };
}

const ONE = { of: 'one', mul: 1, div: 1 } as const;
const step = (kernel: Kernel, ...buffers: [Source['space'], number][]): Step => ({
  type: 'dispatch',
  kernel,
  buffers: buffers.map(([space, index]) => ({ space, index })),
});

const LAYER = kernel(
  'layer',
  3,
  ['one', 'rows', 'position', 'total', 'capacity', 'window', 'sink'],
  [{ of: 'rows', mul: 3, div: 2 }, ONE],
);
const LIST = kernel('list', 2, ['count'], [{ of: 'count', mul: 1, div: 64 }, ONE]);

/** Hidden size 4, vocabulary 40, chunks of 8, two parameters: enough for every kind of step and binding. */
export const PROGRAM: Program = {
  hiddenSize: 4,
  vocabSize: 40,
  prefillChunk: 8,
  positionLimit: 64,
  parameters: [
    { name: 'embedding', byteCount: 640 },
    { name: 'norm', byteCount: 16 },
  ],
  states: [
    { name: 'kv', perPosition: 16, perRow: 0, fixed: 0 },
    { name: 'rope', perPosition: 0, perRow: 0, fixed: 0 },
    { name: 'scratch', perPosition: 0, perRow: 32, fixed: 64 },
  ],
  rotary: { state: 1, inverseFrequencies: [1, 0.01] },
  tasks: {
    embed: [
      step(kernel('embed', 3, ['rows'], [ONE, { of: 'rows', mul: 1, div: 1 }]), ['out', 0], ['arg', 0], ['param', 0]),
    ],
    prefill: [
      step(LAYER, ['arg', 0], ['state', 0], ['param', 1]),
      { type: 'flush' },
      step(LAYER, ['out', 0], ['state', 1], ['state', 2]),
    ],
    decode: [step(LAYER, ['arg', 0], ['state', 0], ['param', 1]), step(LAYER, ['out', 0], ['arg', 0], ['state', 2])],
    softmax: [step(kernel('softmax', 3, [], [ONE, ONE]), ['out', 0], ['arg', 0], ['arg', 1])],
    sample: [step(kernel('sample', 4, [], [ONE, ONE]), ['out', 0], ['arg', 0], ['arg', 2], ['arg', 4])],
    penalty: [step(LIST, ['arg', 0], ['arg', 3])],
    bias: [step(LIST, ['arg', 0], ['arg', 2])],
    bitmask: [step(LIST, ['arg', 0], ['arg', 2])],
    layerCheck: [step(LAYER, ['arg', 0], ['state', 0], ['param', 1])],
  },
};

export class Library {
  readonly host: Host;
  readonly #machine: Value;

  constructor(program: Program = PROGRAM) {
    this.host = new Host(packageModelLibrary(readRuntime(), program));
    this.host.installDevice();
    const system = this.host.call('ffi.SystemLib');
    const load = this.host.call('ffi.ModuleGetFunction', system, 'vm_load_executable', 0) as Handle;
    this.#machine = this.host.callHandle(load.handle, []);
    this.host.release(load);
    this.host.release(system);
  }

  /** Calls a function of the model; the caller releases an object that comes back. */
  run(name: string, ...args: Value[]): Value {
    const found = this.host.call('ffi.ModuleGetFunction', this.#machine, name, 0) as Handle | null;
    if (!found) throw new Error(`no function ${name}`);
    try {
      return this.host.callHandle(found.handle, args);
    } finally {
      this.host.release(found);
    }
  }

  has(name: string): boolean {
    const found = this.host.call('ffi.ModuleGetFunction', this.#machine, name, 0);
    this.host.release(found);
    return found !== null;
  }

  /** Gives every kernel a launcher that records its arguments. */
  loadKernels(): void {
    const kernels = Object.keys(JSON.parse(String(this.run('webgpu.get_fmap'))) as object);
    for (const name of kernels) {
      const launcher = this.host.createFunction((...values) => {
        this.host.launches.push({ kernel: name, values: values.map(Number) });
      });
      this.run('webgpu.update_prebuild', name, launcher);
      this.host.release(launcher);
    }
  }

  shape(...dims: number[]): Value {
    return this.host.call('ffi.Shape', ...dims);
  }

  tensor(dims: readonly number[], dtype = 'float32', device = WEBGPU): Value {
    const shape = this.shape(...dims);
    try {
      return this.host.call('runtime.TVMTensorAllocWithScope', shape, dtype, { device }, null);
    } finally {
      this.host.release(shape);
    }
  }

  /** The parameters as WebLLM builds them: through the tensor cache and a parameter module. */
  parameters(sizes: Readonly<Record<string, number>> = { embedding: 160, norm: 4 }): Value {
    for (const [name, elements] of Object.entries(sizes)) {
      const tensor = this.tensor([elements]);
      this.host.call('vm.builtin.tensor_cache.update', name, tensor, 1);
      this.host.release(tensor);
    }
    const names = this.host.call('ffi.Array', ...Object.keys(sizes));
    const module = this.host.call('vm.builtin.param_module_from_cache_by_name', names);
    const get = this.host.call('ffi.ModuleGetFunction', module, 'get_params', 0) as Handle;
    const parameters = this.host.callHandle(get.handle, []);
    for (const value of [get, module, names]) this.host.release(value);
    return parameters;
  }

  /** A KV state with sequence 0 in it. */
  kvState(positions: number, chunk = 8, isSliding = false): Value {
    const shapes = [1, positions, chunk, 16, isSliding ? 1 : 0].map((dim) => this.shape(dim));
    try {
      const kv = this.run('create_tir_paged_kv_cache', ...shapes);
      this.host.call('vm.builtin.kv_state_add_sequence', kv, 0);
      return kv;
    } finally {
      for (const shape of shapes) this.host.release(shape);
    }
  }

  /** Announces `count` positions. */
  begin(kv: Value, count: number, sequence = 0): void {
    const ids = this.shape(sequence);
    const lengths = this.shape(count);
    try {
      this.host.call('vm.builtin.kv_state_begin_forward', kv, ids, lengths);
    } finally {
      this.host.release(ids);
      this.host.release(lengths);
    }
  }

  /** Lets `count` positions pass through prefill or decode, and drops the logits. */
  forward(kv: Value, parameters: Value, count: number): void {
    const hidden = this.tensor([1, count, 4]);
    this.begin(kv, count);
    const result = this.run(count === 1 ? 'decode' : 'prefill', hidden, kv, parameters);
    this.host.call('vm.builtin.kv_state_end_forward', kv);
    this.host.release(result);
    this.host.release(hidden);
  }

  stats(): Record<string, number> {
    return JSON.parse(String(this.run('daylight.stats'))) as Record<string, number>;
  }
}

/** Buffer number of a GPU tensor. */
export function bufferOf(library: Library, tensor: Value): number {
  return library.host.view.getUint32((tensor as Handle).handle + 24, true);
}

export { TYPE };
