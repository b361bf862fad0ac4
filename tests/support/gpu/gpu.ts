// A WebGPU device for tests, and kernels run on it with typed arrays in and out.
import {
  compileKernel,
  encodeKernel,
  readBuffer,
  type CompiledKernel,
  type Variables,
} from '#model-library/kernels/run-kernel.ts';
import type { Kernel } from '#model-library/kernels/kernel.ts';

export type TestGpu = {
  readonly device: GPUDevice;
  /** Runs one dispatch and returns the bytes of the bindings it may write, by name. Throws on any GPU error. */
  run(
    kernel: Kernel,
    buffers: Readonly<Record<string, ArrayBufferView>>,
    variables: Variables,
  ): Promise<Record<string, ArrayBuffer>>;
};

/** A device with these features alone, or null and a loud reason; with REQUIRE_GPU=1 a missing adapter or feature throws. */
export async function openTestGpu(requiredFeatures: GPUFeatureName[] = []): Promise<TestGpu | null> {
  const adapter = 'gpu' in navigator ? await navigator.gpu.requestAdapter() : null;
  const missing = requiredFeatures.filter((feature) => !adapter?.features.has(feature));
  if (!adapter || missing.length > 0) {
    const lacking = adapter ? `its adapter lacks ${missing.join(', ')}` : 'it gives no adapter';
    const reason = 'gpu' in navigator ? `WebGPU is there, but ${lacking}` : 'this browser has no WebGPU';
    if (import.meta.env.REQUIRE_GPU) throw new Error(`REQUIRE_GPU is set, but ${reason}.`);
    console.warn(`SKIPPED, NOT PASSED: the kernel tests did not run because ${reason}.`);
    return null;
  }
  // Only the default limits, and no features unless asked for: what every WebGPU device has.
  const device = await adapter.requestDevice({ requiredFeatures });
  const compiled = new Map<string, Promise<CompiledKernel>>();
  return {
    device,
    async run(kernel, arrays, variables) {
      device.pushErrorScope('validation');
      device.pushErrorScope('out-of-memory');
      device.pushErrorScope('internal');
      const outcome = await runOnce(device, compiled, kernel, arrays, variables).catch(
        (error: unknown) => error as Error,
      );
      const errors = [await device.popErrorScope(), await device.popErrorScope(), await device.popErrorScope()];
      for (const error of errors) if (error) throw new Error(`${kernel.name}: ${error.message}`);
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
}

async function runOnce(
  device: GPUDevice,
  compiled: Map<string, Promise<CompiledKernel>>,
  kernel: Kernel,
  arrays: Readonly<Record<string, ArrayBufferView>>,
  variables: Variables,
): Promise<Record<string, ArrayBuffer>> {
  const key = `${kernel.name}\n${kernel.code}`;
  if (!compiled.has(key)) compiled.set(key, compileKernel(device, kernel));
  const pipeline = await compiled.get(key)!;
  const buffers = kernel.bindings.map(({ name }) => {
    const array = arrays[name];
    if (!array) throw new Error(`${kernel.name} needs a buffer for ${name}`);
    return upload(device, name, array);
  });
  const encoder = device.createCommandEncoder();
  const uniform = encodeKernel(device, encoder, pipeline, buffers, variables);
  device.queue.submit([encoder.finish()]);
  const results: Record<string, ArrayBuffer> = {};
  for (const [index, { name, access }] of kernel.bindings.entries()) {
    if (access === 'write') results[name] = await readBuffer(device, buffers[index]!);
  }
  for (const buffer of [...buffers, uniform]) buffer.destroy();
  return results;
}

function upload(device: GPUDevice, label: string, array: ArrayBufferView): GPUBuffer {
  const buffer = device.createBuffer({
    label,
    size: Math.max(16, Math.ceil(array.byteLength / 16) * 16),
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    mappedAtCreation: true,
  });
  new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  buffer.unmap();
  return buffer;
}
