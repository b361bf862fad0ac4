// A program of one revision set up on a device, so that its tasks and its single kernels can be run and timed as WebLLM
// runs them: a compute pass a dispatch, one submit between flushes.
import { compileKernel, readBuffer } from '#model-library/kernels/run-kernel.ts';
import type { Kernel, Variable } from '#model-library/kernels/kernel.ts';
import type { Program, Source, Step, Task } from '#model-library/program/program.ts';
import { constantBytes, floatBytes, halfBytes, matrixBytes, probabilityBytes } from './contents.ts';
import type { TimedModel } from './models.ts';

export const CAPACITY = 2048;

/** One call to be timed. */
export type Situation = { readonly task: Task; readonly rows: number; readonly position: number };

type Dispatch = Extract<Step, { type: 'dispatch' }>;
type Ready = {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly x: number;
  readonly y: number;
};

export class Stage {
  readonly #device: GPUDevice;
  readonly #program: Program;
  readonly #model: TimedModel;
  readonly #buffers = new Map<string, GPUBuffer>();
  readonly #uniforms: GPUBuffer[] = [];
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(device: GPUDevice, program: Program, model: TimedModel) {
    this.#device = device;
    this.#program = program;
    this.#model = model;
  }

  /** The situation's dispatches by kernel, in the order of first use. */
  dispatches(situation: Situation): Map<string, Dispatch[]> {
    const byKernel = new Map<string, Dispatch[]>();
    for (const step of this.#program.tasks[situation.task]) {
      if (step.type === 'dispatch') byKernel.set(step.kernel.name, [...(byKernel.get(step.kernel.name) ?? []), step]);
    }
    return byKernel;
  }

  /** Something that runs these steps `times` over and gives the milliseconds until the queue was through. */
  async stopwatch(situation: Situation, steps: readonly Step[]): Promise<(times: number) => Promise<number>> {
    const ready: (Ready | null)[] = [];
    for (const step of steps) ready.push(step.type === 'flush' ? null : await this.#prepare(situation, step));
    const { queue } = this.#device;
    return async (times) => {
      await queue.onSubmittedWorkDone();
      const startedMs = performance.now();
      for (let i = 0; i < times; i++) this.#submit(ready);
      await queue.onSubmittedWorkDone();
      return performance.now() - startedMs;
    };
  }

  /** What the situation's task writes as its result, from the buffers' first contents. */
  async result(situation: Situation): Promise<Float32Array> {
    const ready: (Ready | null)[] = [];
    for (const step of this.#program.tasks[situation.task]) {
      ready.push(step.type === 'flush' ? null : await this.#prepare(situation, step));
    }
    this.#submit(ready);
    const out = this.#buffers.get(`${situation.task} out 0`)!;
    return new Float32Array(await readBuffer(this.#device, out), 0, this.#program.vocabSize);
  }

  destroy(): void {
    for (const buffer of [...this.#buffers.values(), ...this.#uniforms]) buffer.destroy();
  }

  #submit(ready: readonly (Ready | null)[]): void {
    let encoder = this.#device.createCommandEncoder();
    for (const dispatch of ready) {
      if (dispatch) {
        const pass = encoder.beginComputePass();
        pass.setPipeline(dispatch.pipeline);
        pass.setBindGroup(0, dispatch.group);
        pass.dispatchWorkgroups(dispatch.x, dispatch.y);
        pass.end();
      } else {
        this.#device.queue.submit([encoder.finish()]);
        encoder = this.#device.createCommandEncoder();
      }
    }
    this.#device.queue.submit([encoder.finish()]);
  }

  async #prepare(situation: Situation, { kernel, buffers }: Dispatch): Promise<Ready> {
    const valueOf = (variable: Variable): number => {
      const { rows, position } = situation;
      const values = {
        one: 1,
        rows,
        position,
        total: position + rows,
        count: 1,
        capacity: CAPACITY,
        window: 0,
        sink: 0,
      };
      return values[variable];
    };
    const [x, y] = kernel.grid.map(({ of, mul, div }) => Math.ceil((valueOf(of) * mul) / div)) as [number, number];
    if (x > 65535) throw new Error(`${kernel.name} needs a folded grid, which is not timed here.`);
    const scalars = Int32Array.of(...kernel.scalars.map(valueOf), x);
    const uniform = this.#device.createBuffer({
      size: scalars.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.#uniforms.push(uniform);
    this.#device.queue.writeBuffer(uniform, 0, scalars);
    const pipeline = await this.#pipeline(kernel);
    const bound = [...buffers.map((source) => this.#buffer(situation, source)), uniform];
    const entries = bound.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const group = this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    return { pipeline, group, x, y };
  }

  #pipeline(kernel: Kernel): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(kernel.name);
    if (!pipeline) {
      pipeline = compileKernel(this.#device, kernel).then((compiled) => compiled.pipeline);
      this.#pipelines.set(kernel.name, pipeline);
    }
    return pipeline;
  }

  #buffer({ task }: Situation, { space, index }: Source): GPUBuffer {
    // Arguments and results differ from task to task; weights and states do not.
    const key = space === 'arg' || space === 'out' ? `${task} ${space} ${index}` : `${space} ${index}`;
    let buffer = this.#buffers.get(key);
    if (!buffer) {
      const bytes = this.#contents(task, space, index);
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      buffer = this.#device.createBuffer({ label: key, size: Math.ceil(bytes.byteLength / 16) * 16, usage });
      this.#device.queue.writeBuffer(buffer, 0, bytes);
      this.#buffers.set(key, buffer);
    }
    return buffer;
  }

  #contents(task: Task, space: Source['space'], index: number): Uint8Array<ArrayBuffer> {
    const { hiddenSize, vocabSize, prefillChunk, parameters, states, rotary } = this.#program;
    switch (space) {
      case 'param': {
        const { name, byteCount } = parameters[index]!;
        const matrix = this.#model.description.matrices.find((known) => known.name === name);
        return matrix ? matrixBytes(matrix) : floatBytes(byteCount);
      }
      case 'state': {
        const { name, perPosition, perRow, fixed } = states[index]!;
        if (index === rotary.state) return floatBytes(CAPACITY * rotary.inverseFrequencies.length * 8);
        const bytes = perPosition * CAPACITY + perRow * prefillChunk + fixed;
        return name.startsWith('kv') ? halfBytes(bytes) : floatBytes(bytes);
      }
      case 'arg':
        if (index > 0) return constantBytes(16);
        if (task === 'sample') return probabilityBytes(vocabSize);
        return floatBytes(4 * (task === 'softmax' ? vocabSize : prefillChunk * hiddenSize));
      case 'out':
        return new Uint8Array(4 * Math.max(vocabSize, prefillChunk * hiddenSize));
    }
  }
}
