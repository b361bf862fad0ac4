// Times kernels against each other in one run: absolute times on a shared machine say little, ratios in turns do.
import { compileKernel, encodeKernel, type Variables } from '#model-library/kernels/run-kernel.ts';
import type { Kernel } from '#model-library/kernels/kernel.ts';

export type Timed = {
  readonly label: string;
  readonly kernel: Kernel;
  /** Bytes of each binding, in order; filled with small numbers. */
  readonly sizes: readonly number[];
  readonly variables: Variables;
};

/** Milliseconds a dispatch, the best of `rounds` rounds of `repeats` dispatches, all kernels in turn in every round. */
export async function timeKernels(
  device: GPUDevice,
  timed: readonly Timed[],
  repeats: number,
  rounds: number,
): Promise<{ label: string; compileMs: number; ms: number }[]> {
  const prepared = [];
  for (const { label, kernel, sizes, variables } of timed) {
    const start = performance.now();
    const compiled = await compileKernel(device, kernel);
    const buffers = sizes.map((size) => {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
      const buffer = device.createBuffer({ size: Math.ceil(size / 16) * 16, usage, mappedAtCreation: true });
      // Halves of about 0.01 and nibbles of all kinds: neither zero nor denormal, which some machines treat apart.
      const words = new Uint32Array(buffer.getMappedRange());
      for (let i = 0; i < words.length; i++) words[i] = 0x2123_2221 + ((i & 7) << 16);
      buffer.unmap();
      return buffer;
    });
    const run = async (count: number): Promise<void> => {
      const encoder = device.createCommandEncoder();
      const uniforms = Array.from({ length: count }, () => encodeKernel(device, encoder, compiled, buffers, variables));
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
      for (const uniform of uniforms) uniform.destroy();
    };
    await run(1);
    prepared.push({ label, run, compileMs: performance.now() - start, ms: Infinity, buffers });
  }
  for (let round = 0; round < rounds; round++) {
    for (const entry of prepared) {
      const start = performance.now();
      await entry.run(repeats);
      entry.ms = Math.min(entry.ms, (performance.now() - start) / repeats);
    }
  }
  for (const { buffers } of prepared) for (const buffer of buffers) buffer.destroy();
  return prepared.map(({ label, compileMs, ms }) => ({ label, compileMs, ms }));
}
