// What a GPU can hold, found out by asking it for the memory: no limit of WebGPU says how much there is.
import { AppError, isAppError } from '#base/errors.ts';
import type { GpuAssessment, GpuNeed } from '#engine/protocol/info.ts';
import { describeAdapter, findAdapter, grantedBufferBytes } from '#engine/worker/adapter.ts';
import { UNWATCHED } from '#engine/worker/gpu-watch.ts';

/** One buffer of the trial: large enough to be quick, small enough for every device. */
const PIECE_BYTES = 128 << 20;

/** Allocates what is needed, all at once, and frees it again. Rejects only with the signal's reason or for a mad request. */
export async function assessGpu(gpu: GPU | undefined, need: GpuNeed, signal: AbortSignal): Promise<GpuAssessment> {
  if (![need.bytes, need.largestBufferBytes].every((bytes) => Number.isSafeInteger(bytes) && bytes >= 0)) {
    throw new AppError('engine-request', {
      what: `need is ${JSON.stringify(need)}; whole numbers of bytes are wanted`,
    });
  }
  let adapter: GPUAdapter;
  try {
    adapter = await findAdapter(gpu);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { adapter: null, reason: error.message, maxBufferBytes: 0, allocatedBytes: 0 };
  }
  signal.throwIfAborted();
  const maxBufferBytes = grantedBufferBytes(adapter);
  const device = await adapter.requestDevice({ label: UNWATCHED });
  try {
    const allocatedBytes = await allocate(device, need.bytes, signal);
    return { adapter: describeAdapter(adapter), reason: null, maxBufferBytes, allocatedBytes };
  } finally {
    device.destroy();
  }
}

/** Bytes that could be had, at most `bytes`. Each piece is cleared on the GPU, so that it must really be there. */
async function allocate(device: GPUDevice, bytes: number, signal: AbortSignal): Promise<number> {
  let allocated = 0;
  while (allocated < bytes) {
    const size = Math.min(PIECE_BYTES, Math.ceil((bytes - allocated) / 4) * 4);
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
      label: 'trial allocation',
    });
    const encoder = device.createCommandEncoder({ label: 'trial allocation' });
    encoder.clearBuffer(buffer);
    device.queue.submit([encoder.finish()]);
    const failure = await device.popErrorScope();
    await device.queue.onSubmittedWorkDone();
    signal.throwIfAborted();
    if (failure) break;
    allocated += size;
  }
  return Math.min(allocated, bytes);
}
