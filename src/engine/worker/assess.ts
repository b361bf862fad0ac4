// What a GPU can hold, found out by asking it for the memory: no limit of WebGPU says how much there is.
import { AppError, isAppError } from '#base/errors.ts';
import type { GpuAssessment, GpuNeed } from '#engine/protocol/info.ts';
import { checkKernelNeeds, describeAdapter, largestBufferBytes, requestAdapter } from '#engine/worker/adapter.ts';
import { UNWATCHED } from '#engine/worker/gpu-watch.ts';

/** One buffer of the trial: large enough to be quick, small enough for every device. */
const PIECE_BYTES = 128 << 20;
/** More than any model for browsers: a driver that pages to disk would go on for minutes, and take the desktop with it. */
const MOST_TRIED_BYTES = 24 * 2 ** 30;
/** A software adapter's memory is the machine's, which an operating system promises before it has it. */
const MOST_TRIED_IN_SOFTWARE_BYTES = 2 ** 30;

/**
 * Allocates what is needed, all at once, and frees it again. `heldBytes` are those of the loaded model: they count as had,
 * because a load frees them first. Rejects only with the signal's reason or for a mad request.
 */
export async function assessGpu(
  gpu: GPU | undefined,
  need: GpuNeed,
  heldBytes: number,
  signal: AbortSignal,
): Promise<GpuAssessment> {
  if (![need.bytes, need.largestBufferBytes].every((bytes) => Number.isSafeInteger(bytes) && bytes >= 0)) {
    throw new AppError('engine-request', {
      what: `need is ${JSON.stringify(need)}; whole numbers of bytes are wanted`,
    });
  }
  const nothing = { limits: null, features: [], maxBufferBytes: 0, triedBytes: 0, allocatedBytes: 0 };
  let adapter: GPUAdapter;
  try {
    adapter = await requestAdapter(gpu);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { ...nothing, adapter: null, reason: error.message };
  }
  signal.throwIfAborted();
  const description = describeAdapter(adapter);
  const { limits, features } = adapter;
  const known = {
    adapter: description,
    limits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    },
    features: (['shader-f16', 'subgroups'] as const).filter((feature) => features.has(feature)),
  };
  try {
    checkKernelNeeds(adapter);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { ...nothing, ...known, reason: error.message };
  }
  const cap = description.isSoftware ? MOST_TRIED_IN_SOFTWARE_BYTES : MOST_TRIED_BYTES;
  const triedBytes = Math.min(need.bytes, cap);
  const hadBytes = Math.min(heldBytes, triedBytes);
  const device = await adapter.requestDevice({ label: UNWATCHED });
  try {
    const allocatedBytes = hadBytes + (await allocate(device, triedBytes - hadBytes, signal));
    return { ...known, reason: null, maxBufferBytes: largestBufferBytes(adapter), triedBytes, allocatedBytes };
  } finally {
    device.destroy();
  }
}

/** Bytes that could be had, at most `bytes`. Each piece is cleared on the GPU, so that it must really be there. */
async function allocate(device: GPUDevice, bytes: number, signal: AbortSignal): Promise<number> {
  let isLost = false;
  void device.lost.then(() => (isLost = true));
  let allocated = 0;
  while (allocated < bytes) {
    const size = Math.min(PIECE_BYTES, Math.ceil((bytes - allocated) / 4) * 4);
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
      label: 'trial allocation',
    });
    const encoder = device.createCommandEncoder({ label: 'trial allocation' });
    encoder.clearBuffer(buffer);
    device.queue.submit([encoder.finish()]);
    const failures = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
    await device.queue.onSubmittedWorkDone();
    signal.throwIfAborted();
    // A device that is lost answers as if all were well.
    if (isLost || failures.some((failure) => failure !== null)) break;
    allocated += size;
  }
  return Math.min(allocated, bytes);
}
