import { AppError } from '#base/errors.ts';
import type { Kernel } from '#model-library/kernels/kernel.ts';
import { compileKernel, encodeKernel, readBuffer } from '#model-library/kernels/run-kernel.ts';
import type { Variables } from '#model-library/kernels/run-kernel.ts';

/** One kernel on small inputs, and what the plain reference says it must write. */
export type KernelCheck = {
  readonly kernel: Kernel;
  /** Contents of the bindings, by name. */
  readonly inputs: Readonly<Record<string, ArrayBufferView<ArrayBuffer>>>;
  readonly variables: Variables;
  /** The binding to judge, how to read its bytes, and the numbers with the distance allowed for each. */
  readonly output: string;
  readonly read: (bytes: ArrayBuffer) => ArrayLike<number>;
  readonly expected: ArrayLike<number>;
  readonly tolerance: ArrayLike<number>;
};

/** Compiled at a time: enough to use the browser's compiler threads, few enough to stop soon after the deadline. */
const BATCH = 4;

/**
 * Runs checks in order, until `deadlineMs` of performance.now() has passed; returns how many passed.
 * Throws `self-test-failed` for the first that fails; a kernel that does not compile throws what the browser says.
 */
export async function runKernelChecks(
  device: GPUDevice,
  checks: readonly KernelCheck[],
  deadlineMs = Infinity,
): Promise<number> {
  let done = 0;
  while (done < checks.length && performance.now() < deadlineMs) {
    const batch = checks.slice(done, done + BATCH);
    await runBatch(device, batch);
    done += batch.length;
  }
  return done;
}

/** One wait for the compiler and one for the GPU. */
async function runBatch(device: GPUDevice, checks: readonly KernelCheck[]): Promise<void> {
  const compiled = await Promise.all(checks.map(({ kernel }) => compileKernel(device, kernel)));
  const garbage: GPUBuffer[] = [];
  try {
    const encoder = device.createCommandEncoder({ label: 'self-test' });
    const outputs = checks.map((check, index) => {
      const buffers = check.kernel.bindings.map(({ name }) => upload(device, name, check.inputs[name]));
      const pipeline = compiled[index] as (typeof compiled)[number];
      garbage.push(...buffers, encodeKernel(device, encoder, pipeline, buffers, check.variables));
      return buffers[check.kernel.bindings.findIndex(({ name }) => name === check.output)] as GPUBuffer;
    });
    device.queue.submit([encoder.finish()]);
    const results = await Promise.all(outputs.map((buffer) => readBuffer(device, buffer)));
    checks.forEach((check, index) => {
      const got = check.read(results[index] as ArrayBuffer);
      requireWithin(`the kernel ${check.kernel.name}`, got, check.expected, check.tolerance);
    });
  } finally {
    for (const buffer of garbage) buffer.destroy();
  }
}

/** Throws `self-test-failed` with the number that is furthest outside its tolerance. NaN is outside of any. */
export function requireWithin(
  check: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: ArrayLike<number>,
): void {
  let worst = -1;
  let worstShare = 1;
  for (let index = 0; index < expected.length; index++) {
    const share = Math.abs(Number(got[index]) - Number(expected[index])) / Number(tolerance[index]);
    if (share <= worstShare) continue;
    worst = index;
    worstShare = share;
    if (Number.isNaN(share)) break;
  }
  if (worst < 0) return;
  throw new AppError('self-test-failed', {
    check: `${check}, number ${worst},`,
    value: String(got[worst]),
    expected: String(expected[worst]),
    tolerance: String(tolerance[worst]),
  });
}

function upload(device: GPUDevice, label: string, contents: ArrayBufferView<ArrayBuffer> | undefined): GPUBuffer {
  const bytes = contents?.byteLength ?? 0;
  const buffer = device.createBuffer({
    label: `self-test ${label}`,
    size: Math.max(16, Math.ceil(bytes / 16) * 16),
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    mappedAtCreation: true,
  });
  if (contents) {
    const source = new Uint8Array(contents.buffer, contents.byteOffset, bytes);
    new Uint8Array(buffer.getMappedRange()).set(source);
  }
  buffer.unmap();
  return buffer;
}
