import { describe, expect, it } from 'vitest';
import { checkBufferFits, describeAdapter, findAdapter } from '#engine/worker/adapter.ts';

const LIMITS = {
  maxComputeWorkgroupStorageSize: 32768,
  maxStorageBuffersPerShaderStage: 10,
  maxBufferSize: 2 ** 31,
  maxStorageBufferBindingSize: 2 ** 31 - 4,
};
const INFO = { vendor: 'nvidia', architecture: 'ampere', device: '', description: '', isFallbackAdapter: false };

/** Plain data in place of an adapter: only limits and info are looked at. */
function adapterWith(limits: Partial<typeof LIMITS> = {}, info: Partial<typeof INFO> = {}): GPUAdapter {
  return { limits: { ...LIMITS, ...limits }, info: { ...INFO, ...info } } as unknown as GPUAdapter;
}
const gpuWith = (adapter: GPUAdapter | null) => ({ requestAdapter: async () => adapter }) as unknown as GPU;

describe('finding the adapter', () => {
  it('gives one that is large enough', async () => {
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

  it.each(Object.keys(LIMITS) as (keyof typeof LIMITS)[])(
    'names %s with both numbers when it is too small',
    async (limit) => {
      const call = findAdapter(gpuWith(adapterWith({ [limit]: 9 })));
      await expect(call).rejects.toMatchObject({ code: 'webgpu-limit', details: { limit, value: 9 } });
    },
  );
});

describe('a model’s largest buffer', () => {
  it('must fit into what WebLLM will ask for', () => {
    const small = adapterWith({ maxBufferSize: 2 ** 29, maxStorageBufferBindingSize: 2 ** 29 });
    expect(() => checkBufferFits(adapterWith(), 2 ** 30)).not.toThrow();
    expect(() => checkBufferFits(adapterWith(), 2 ** 30 + 4)).toThrow('1073741824');
    expect(() => checkBufferFits(small, 2 ** 27)).not.toThrow();
    expect(() => checkBufferFits(small, 2 ** 27 + 4)).toThrow('maxStorageBufferBindingSize');
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
