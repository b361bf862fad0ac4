import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PackedFormat } from '#formats/packed/format.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';
import { requireWithin, runKernelChecks } from '#engine/worker/self-test/kernel-check.ts';
import type { KernelCheck } from '#engine/worker/self-test/kernel-check.ts';
import { kernelChecks } from '#engine/worker/self-test/kernel-checks.ts';

let device: GPUDevice;
beforeAll(async () => {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('These tests need WebGPU, and this browser gives no adapter.');
  device = await adapter.requestDevice();
});
afterAll(() => device.destroy());

/** A one-layer model with these formats, as far as the checks look at it. */
function describeWith(formats: readonly PackedFormat[], headDim = 32): ModelDescription {
  const of = (index: number) => formats[index % formats.length]!;
  const roles = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
  return {
    config: {
      layerCount: 1,
      hiddenSize: 512,
      headCount: 6,
      kvHeadCount: 2,
      headDim,
      ffnSize: 512,
      vocabSize: 300,
      contextLength: 64,
      rmsEpsilon: 1e-5,
      tiedOutput: true,
      rope: { base: 10_000, layout: 'norm', scaling: { type: 'none' } },
    },
    matrices: [
      { name: 'token_embd.weight', format: of(0), rows: 300, k: 512 },
      ...roles.map((role, index) => ({ name: `blk.0.${role}.weight`, format: of(index + 1), rows: 512, k: 512 })),
    ],
    frequencyFactors: null,
  };
}

describe.each(['serial', 'parallel'] as const)('the self-test of the %s kernels', (profile) => {
  it.each(['q4_0', 'q4_1', 'q8_0', 'f16'] as const)('passes with %s weights', async (format) => {
    await runKernelChecks(device, kernelChecks(describeWith([format]), profile));
  });

  it('passes with mixed formats and larger heads', async () => {
    await runKernelChecks(device, kernelChecks(describeWith(['q4_k', 'q4_k', 'q4_k', 'q6_k'], 128), profile));
  });

  it('has a check for every kernel', () => {
    const names = kernelChecks(describeWith(['q4_0']), profile).map(({ kernel }) => kernel.name.split('_')[0]);
    expect(new Set(names)).toEqual(
      new Set([
        ...['embed', 'rms', 'qkv', 'matvec', 'gate', 'attention', 'lm'],
        ...['softmax', 'sample', 'penalty', 'bias', 'bitmask'],
      ]),
    );
  });

  it('fails, and names the kernel, when any one of them computes something else', async () => {
    const checks = kernelChecks(describeWith(['q4_1']), profile);
    for (const check of checks) {
      const wrong = broken(check);
      await expect(runKernelChecks(device, [wrong]), check.kernel.name).rejects.toMatchObject({
        code: 'self-test-failed',
        message: expect.stringContaining(check.kernel.name),
      });
    }
  });
});

/** The same check with a kernel that does nothing, as one that a driver dropped. */
function broken(check: KernelCheck): KernelCheck {
  const code = check.kernel.code.replace('run(group, wid.y, lane);', '');
  expect(code).not.toBe(check.kernel.code);
  return { ...check, kernel: { ...check.kernel, code } };
}

describe('comparing', () => {
  it('finds NaN, infinity and missing numbers wrong', () => {
    const check = (got: number[]) => () => requireWithin('x', got, [1, 2], [0.1, 0.1]);
    expect(check([1.05, 2])).not.toThrow();
    expect(check([1.2, 2])).toThrow('number 0');
    expect(check([1, NaN])).toThrow('number 1');
    expect(check([1, Infinity])).toThrow('number 1');
    expect(check([1])).toThrow('number 1');
  });
});
