import { AppError } from '#base/errors.ts';
import { isSoftwareAdapter } from '#base/software-adapter.ts';
import type { AdapterDescription } from '#engine/protocol/info.ts';

/** WebLLM opens its device with these or fails without saying which one was missing. */
const NEEDED = {
  maxComputeWorkgroupStorageSize: 32 << 10,
  maxStorageBuffersPerShaderStage: 10,
  maxBufferSize: 1 << 28,
  maxStorageBufferBindingSize: 1 << 27,
} as const satisfies Partial<Record<keyof GPUSupportedLimits, number>>;

/** WebLLM asks for this much when the adapter has it, and otherwise for the amounts above. */
const PREFERRED_BYTES = 1 << 30;

/** The adapter that WebLLM will get, after its limits are known to do. Throws `webgpu-missing` or `webgpu-limit`. */
export async function findAdapter(gpu: GPU | undefined): Promise<GPUAdapter> {
  if (!gpu) {
    const reason = globalThis.isSecureContext
      ? 'this browser does not offer it'
      : 'this page was not loaded over https';
    throw new AppError('webgpu-missing', { reason });
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new AppError('webgpu-missing', { reason: 'this browser found no GPU it may use' });
  for (const [limit, needed] of Object.entries(NEEDED) as [keyof typeof NEEDED, number][]) {
    checkLimit(adapter, limit, needed);
  }
  return adapter;
}

const BUFFER_LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;

/** Bytes of the largest buffer that a kernel can read on a device that WebLLM opens. */
export function grantedBufferBytes(adapter: GPUAdapter): number {
  return Math.min(...BUFFER_LIMITS.map((limit) => granted(adapter, limit)));
}

/** Refuses a model whose largest buffer would not fit into what WebLLM asks for on this adapter. */
export function checkBufferFits(adapter: GPUAdapter, bytes: number): void {
  for (const limit of BUFFER_LIMITS) {
    const value = granted(adapter, limit);
    if (bytes > value) throw new AppError('webgpu-limit', { limit, value, needed: bytes });
  }
}

function granted(adapter: GPUAdapter, limit: (typeof BUFFER_LIMITS)[number]): number {
  return adapter.limits[limit] >= PREFERRED_BYTES ? PREFERRED_BYTES : NEEDED[limit];
}

export function describeAdapter({ info }: GPUAdapter): AdapterDescription {
  const { vendor, architecture, description } = info;
  const isSoftware = isSoftwareAdapter(info);
  return { vendor, architecture, description, isSoftware };
}

function checkLimit(adapter: GPUAdapter, limit: keyof typeof NEEDED, needed: number): void {
  const value = adapter.limits[limit];
  if (value < needed) throw new AppError('webgpu-limit', { limit, value, needed });
}
