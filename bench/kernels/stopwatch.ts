// Times one kernel: many dispatches in one pass and one submit, from the submit to the queue's end.
import type { Kernel } from '#model-library/kernels/kernel.ts';
import { compileKernel, readBuffer } from '#model-library/kernels/run-kernel.ts';
import { bytesOf, sizeOf, type KernelCase } from './cases.ts';

export type TimedKernel = {
  /** Milliseconds that `times` dispatches took. */
  run(times: number): Promise<number>;
  /** What one dispatch writes, from the case's own contents. */
  output(): Promise<Float32Array | Uint32Array>;
};

/** Buffers of one case; revisions share them. Destroy them when the case is done. */
export type CaseBuffers = ReadonlyMap<string, GPUBuffer>;

export function createBuffers(device: GPUDevice, { buffers }: KernelCase): CaseBuffers {
  return new Map(
    Object.entries(buffers).map(([label, contents]) => {
      const size = Math.ceil(sizeOf(contents) / 16) * 16;
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = device.createBuffer({ label, size, usage });
      device.queue.writeBuffer(buffer, 0, bytesOf(contents));
      return [label, buffer];
    }),
  );
}

function gridOf(kernel: Kernel, variables: KernelCase['variables']): [x: number, y: number] {
  const [x, y] = kernel.grid.map(({ of, mul, div }) =>
    Math.ceil(((of === 'one' ? 1 : (variables[of] ?? 0)) * mul) / div),
  );
  return [x!, y!];
}

export async function prepareKernel(
  device: GPUDevice,
  kernelCase: KernelCase,
  kernel: Kernel,
  buffers: CaseBuffers,
): Promise<TimedKernel> {
  const { pipeline } = await compileKernel(device, kernel);
  const [x, y] = gridOf(kernel, kernelCase.variables);
  if (x > 65535) throw new Error(`${kernel.name} needs a folded grid, which is not timed here.`);
  const scalars = kernel.scalars.map((name) => (name === 'one' ? 1 : (kernelCase.variables[name] ?? 0)));
  const uniform = device.createBuffer({
    size: 4 * (scalars.length + 1),
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(uniform, 0, Int32Array.of(...scalars, x));
  const bound = [...kernel.bindings.map(({ name }) => buffers.get(name)!), uniform];
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: bound.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });

  const submit = (times: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < times; i++) pass.dispatchWorkgroups(x, y);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };

  return {
    async run(times) {
      await device.queue.onSubmittedWorkDone();
      const startedMs = performance.now();
      submit(times);
      await device.queue.onSubmittedWorkDone();
      return performance.now() - startedMs;
    },
    async output() {
      const written = kernel.bindings.filter(({ access }) => access === 'write').map(({ name }) => name);
      for (const name of written) {
        device.queue.writeBuffer(buffers.get(name)!, 0, bytesOf(kernelCase.buffers[name]!));
      }
      submit(1);
      // The last written binding is floats in every kernel; a KV cache before it holds halves.
      return new Float32Array(await readBuffer(device, buffers.get(written.at(-1)!)!));
    },
  };
}
