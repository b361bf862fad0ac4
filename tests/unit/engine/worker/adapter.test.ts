import { describe, expect, it } from 'vitest';
import {
  bufferLimitsFor,
  checkBufferFits,
  describeAdapter,
  findAdapter,
  KERNEL_NEEDS,
  largestBufferBytes,
} from '#engine/worker/adapter.ts';

/** WebGPU's defaults, which every device has. */
const LIMITS = {
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBuffersPerShaderStage: 8,
  maxUniformBuffersPerShaderStage: 12,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
};
const INFO = { vendor: 'nvidia', architecture: 'ampere', device: '', description: '', isFallbackAdapter: false };

/** Plain data in place of an adapter: only limits and info are looked at. */
function adapterWith(limits: Partial<typeof LIMITS> = {}, info: Partial<typeof INFO> = {}): GPUAdapter {
  return { limits: { ...LIMITS, ...limits }, info: { ...INFO, ...info } } as unknown as GPUAdapter;
}
const gpuWith = (adapter: GPUAdapter | null) => ({ requestAdapter: async () => adapter }) as unknown as GPU;

describe('finding the adapter', () => {
  it('gives one that has no more than WebGPU promises', async () => {
    const adapter = adapterWith();
    expect(await findAdapter(gpuWith(adapter))).toBe(adapter);
  });

  it('says that there is no WebGPU, or no GPU', async () => {
    await expect(findAdapter(undefined)).rejects.toMatchObject({ code: 'webgpu-missing' });
    await expect(findAdapter(gpuWith(null))).rejects.toMatchObject({
      code: 'webgpu-missing',
      message: expect.stringContaining('found no GPU'),
    });
  });

  it.each(Object.keys(KERNEL_NEEDS) as (keyof typeof KERNEL_NEEDS)[])(
    'names %s with both numbers when it is too small',
    async (limit) => {
      const call = findAdapter(gpuWith(adapterWith({ [limit]: 0 })));
      await expect(call).rejects.toMatchObject({ code: 'webgpu-limit', details: { limit, value: 0 } });
    },
  );
});

describe('a model’s largest buffer', () => {
  const large = adapterWith({ maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 31 - 4 });

  it('must fit into what the adapter has, to the byte', () => {
    expect(largestBufferBytes(large)).toBe(2 ** 31 - 4);
    expect(() => checkBufferFits(large, 2 ** 31 - 4)).not.toThrow();
    expect(() => checkBufferFits(large, 2 ** 31)).toThrow('maxStorageBufferBindingSize = 2147483644');
    expect(() => checkBufferFits(adapterWith(), 2 ** 27)).not.toThrow();
    expect(() => checkBufferFits(adapterWith(), 2 ** 27 + 4)).toThrow('maxStorageBufferBindingSize');
    expect(() => checkBufferFits(adapterWith(), 2 ** 28 + 4)).toThrow('maxBufferSize');
  });

  it('raises a limit only above what every device has', () => {
    expect(bufferLimitsFor(2 ** 27)).toEqual({});
    expect(bufferLimitsFor(2 ** 27 + 4)).toEqual({ maxStorageBufferBindingSize: 2 ** 27 + 4 });
    expect(bufferLimitsFor(2 ** 30)).toEqual({ maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30 });
  });
});

describe('describing an adapter', () => {
  it.each([
    [{ vendor: 'google', architecture: 'swiftshader' }, true],
    [{ vendor: 'mesa', description: 'llvmpipe (LLVM 15)' }, true],
    [{ vendor: 'microsoft', description: 'Microsoft Basic Render Driver' }, true],
    [{ isFallbackAdapter: true }, true],
    [{ vendor: 'apple', architecture: 'metal-3' }, false],
  ])('tells software from a GPU: %j', (info, isSoftware) => {
    expect(describeAdapter(adapterWith({}, info)).isSoftware).toBe(isSoftware);
  });
});
