import { describe, expect, it } from 'vitest';
import { kernelChecks } from '#engine/worker/self-test/kernel-checks.ts';
import { createLlamaProgram } from '#model-library/program/llama-program.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';
import { kernelsOf } from '#model-library/program/program.ts';

/** SOLAR's shape in two layers of different formats, as Q4_K_M mixes them. */
const SOLAR: ModelDescription = {
  config: {
    layerCount: 2,
    hiddenSize: 4096,
    headCount: 32,
    kvHeadCount: 8,
    headDim: 128,
    ffnSize: 14336,
    vocabSize: 32000,
    contextLength: 4096,
    rmsEpsilon: 1e-5,
    tiedOutput: false,
    rope: { base: 10_000, layout: 'norm', scaling: { type: 'none' } },
  },
  matrices: [
    { name: 'token_embd.weight', format: 'q4_k', rows: 32000, k: 4096 },
    { name: 'output.weight', format: 'q6_k', rows: 32000, k: 4096 },
    ...[0, 1].flatMap((layer) => [
      { name: `blk.${layer}.attn_q.weight`, format: 'q4_k' as const, rows: 4096, k: 4096 },
      { name: `blk.${layer}.attn_k.weight`, format: 'q4_k' as const, rows: 1024, k: 4096 },
      {
        name: `blk.${layer}.attn_v.weight`,
        format: layer === 0 ? ('q6_k' as const) : ('q4_k' as const),
        rows: 1024,
        k: 4096,
      },
      { name: `blk.${layer}.attn_output.weight`, format: 'q4_k' as const, rows: 4096, k: 4096 },
      { name: `blk.${layer}.ffn_gate.weight`, format: 'q4_k' as const, rows: 14336, k: 4096 },
      { name: `blk.${layer}.ffn_up.weight`, format: 'q4_k' as const, rows: 14336, k: 4096 },
      {
        name: `blk.${layer}.ffn_down.weight`,
        format: layer === 0 ? ('q6_k' as const) : ('q4_k' as const),
        rows: 4096,
        k: 14336,
      },
    ]),
  ],
  frequencyFactors: null,
};

describe.each(['serial', 'parallel'] as const)('the checks of the %s kernels', (profile) => {
  const checks = kernelChecks(SOLAR, profile);

  it('are of the very kernels that the model runs, each once', () => {
    const codes = checks.map(({ kernel }) => kernel.code).sort();
    expect(codes).toEqual(
      kernelsOf(createLlamaProgram(SOLAR, profile))
        .map(({ code }) => code)
        .sort(),
    );
  });

  it('make no large matrix whole where its first rows do', () => {
    for (const { kernel, inputs } of checks.filter(({ kernel }) => !kernel.name.startsWith('qkv'))) {
      for (const { byteLength } of Object.values(inputs)) expect(byteLength, kernel.name).toBeLessThan(4 << 20);
    }
  });
});
