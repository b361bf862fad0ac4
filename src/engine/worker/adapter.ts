import { AppError } from '#base/errors.ts';
import type { AdapterDescription } from '#engine/protocol/info.ts';

/**
 * The most that any kernel of ours uses, in either profile and for any model; all of it within WebGPU's defaults, so no device
 * is ever asked for more. The kernels' own tests compute these numbers from the WGSL.
 *
 *   workgroup memory   a tile of weights and values of `parallel` prefill: 9216 + 4608 bytes
 *   storage buffers    qkv in decode: x, norm, wq, wk, wv, rope, kv, q
 *   invocations        softmax, 256 in one row
 */
export const KERNEL_NEEDS = {
  maxComputeWorkgroupStorageSize: 13_824,
  maxStorageBuffersPerShaderStage: 8,
  maxUniformBuffersPerShaderStage: 1,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
} as const satisfies Partial<Record<keyof GPUSupportedLimits, number>>;

/** What every device has without being asked. */
const DEFAULT_BUFFER_LIMITS = { maxBufferSize: 1 << 28, maxStorageBufferBindingSize: 1 << 27 } as const;
type BufferLimit = keyof typeof DEFAULT_BUFFER_LIMITS;
const BUFFER_LIMITS = Object.keys(DEFAULT_BUFFER_LIMITS) as BufferLimit[];

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i;

/** The browser's adapter, whatever it can do. Throws `webgpu-missing`. */
export async function requestAdapter(gpu: GPU | undefined): Promise<GPUAdapter> {
  if (!gpu) {
    const reason = globalThis.isSecureContext
      ? 'this browser does not offer it'
      : 'this page was not loaded over https';
    throw new AppError('webgpu-missing', { reason });
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new AppError('webgpu-missing', { reason: 'this browser found no GPU it may use' });
  return adapter;
}

/** An adapter that can run our kernels. Throws `webgpu-missing` or `webgpu-limit`. */
export async function findAdapter(gpu: GPU | undefined): Promise<GPUAdapter> {
  const adapter = await requestAdapter(gpu);
  checkKernelNeeds(adapter);
  return adapter;
}

/** Throws `webgpu-limit` for an adapter that cannot run our kernels. */
export function checkKernelNeeds(adapter: GPUAdapter): void {
  for (const [limit, needed] of Object.entries(KERNEL_NEEDS) as [keyof typeof KERNEL_NEEDS, number][]) {
    const value = adapter.limits[limit];
    if (value < needed) throw new AppError('webgpu-limit', { limit, value, needed });
  }
}

/** Bytes of the largest buffer that a kernel can read on this adapter's devices. */
export function largestBufferBytes({ limits }: GPUAdapter): number {
  return Math.min(...BUFFER_LIMITS.map((limit) => limits[limit]));
}

/** Refuses a buffer that no device of this adapter could hold and bind whole. Throws `webgpu-limit`. */
export function checkBufferFits({ limits }: GPUAdapter, bytes: number): void {
  for (const limit of BUFFER_LIMITS) {
    const value = limits[limit];
    if (bytes > value) throw new AppError('webgpu-limit', { limit, value, needed: bytes });
  }
}

/** The limits to open a device with for buffers of up to `bytes`: larger than the defaults only where that is needed. */
export function bufferLimitsFor(bytes: number): Partial<Record<BufferLimit, number>> {
  const wanted = BUFFER_LIMITS.filter((limit) => bytes > DEFAULT_BUFFER_LIMITS[limit]);
  return Object.fromEntries(wanted.map((limit) => [limit, bytes]));
}

export function describeAdapter({ info }: GPUAdapter): AdapterDescription {
  const { vendor, architecture, description } = info;
  const isSoftware = info.isFallbackAdapter || SOFTWARE.test(`${vendor} ${architecture} ${description} ${info.device}`);
  return { vendor, architecture, description, isSoftware };
}
