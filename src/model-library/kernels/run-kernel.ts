// Runs kernels on a GPUDevice directly, binding them exactly as WebLLM's runtime does. For the self-test and the tests;
// in the model itself the runtime launches them.
import { AppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { GridSide, Kernel, Variable } from './kernel.ts';

/** Values of the variables that a kernel's scalars and grid name. `one` is 1 without being given. */
export type Variables = Partial<Record<Variable, number>>;

export type CompiledKernel = { readonly kernel: Kernel; readonly pipeline: GPUComputePipeline };

/** Compiles a kernel; rejects with the compiler's messages where the code or its bindings are wrong. */
export async function compileKernel(device: GPUDevice, kernel: Kernel): Promise<CompiledKernel> {
  const module = device.createShaderModule({ label: kernel.name, code: kernel.code });
  const entries: GPUBindGroupLayoutEntry[] = kernel.bindings.map(({ access }, binding) => ({
    binding,
    visibility: GPUShaderStage.COMPUTE,
    buffer: { type: access === 'write' ? 'storage' : 'read-only-storage' },
  }));
  entries.push({ binding: entries.length, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' } });
  const bindGroupLayout = device.createBindGroupLayout({ label: kernel.name, entries });
  const layout = device.createPipelineLayout({ label: kernel.name, bindGroupLayouts: [bindGroupLayout] });
  try {
    const compute = { module, entryPoint: kernel.name };
    const pipeline = await device.createComputePipelineAsync({ label: kernel.name, layout, compute });
    return { kernel, pipeline };
  } catch (error) {
    const { messages } = await module.getCompilationInfo();
    const text = messages.map(({ lineNum, linePos, message }) => `${lineNum}:${linePos} ${message}`).join('; ');
    throw new AppError('kernel-compile', { kernel: kernel.name, messages: text || String(error) }, { cause: error });
  }
}

/**
 * Encodes one dispatch of a kernel over `buffers`, which are its bindings in order.
 * Returns the uniform buffer it made; destroy it after the submit.
 */
export function encodeKernel(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { kernel, pipeline }: CompiledKernel,
  buffers: readonly GPUBuffer[],
  variables: Variables,
): GPUBuffer {
  invariant(buffers.length === kernel.bindings.length, `${kernel.name} has as many buffers as bindings`);
  const x = gridSide(kernel.grid[0], variables);
  const y = gridSide(kernel.grid[1], variables);
  const scalars = new Int32Array([...kernel.scalars.map((scalar) => valueOf(scalar, variables)), x]);
  const uniform = device.createBuffer({
    label: `${kernel.name} scalars`,
    size: scalars.byteLength,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(uniform, 0, scalars);
  const pass = encoder.beginComputePass({ label: kernel.name });
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      label: kernel.name,
      layout: pipeline.getBindGroupLayout(0),
      entries: [...buffers, uniform].map((buffer, binding) => ({ binding, resource: { buffer } })),
    }),
  );
  // As the runtime folds it: halve x, rounding up, until it fits the limit on one side of the grid.
  let foldedX = x;
  let z = 1;
  while (foldedX > 65535) {
    foldedX = Math.ceil(foldedX / 2);
    z *= 2;
  }
  pass.dispatchWorkgroups(foldedX, y, z);
  pass.end();
  return uniform;
}

/** Reads a buffer back after everything submitted so far. The buffer must have COPY_SRC. */
export async function readBuffer(device: GPUDevice, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const staging = device.createBuffer({
    label: 'readback',
    size: buffer.size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  try {
    const encoder = device.createCommandEncoder({ label: 'readback' });
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}

function gridSide({ of, mul, div }: GridSide, variables: Variables): number {
  return Math.ceil((valueOf(of, variables) * mul) / div);
}

function valueOf(variable: Variable, variables: Variables): number {
  const value = variable === 'one' ? 1 : variables[variable];
  invariant(value !== undefined, `the variable ${variable} has a value`);
  return value;
}
