import { describe, expect, it } from 'vitest';
import type { PackedFormat } from '#formats/packed/format.ts';
import { KERNEL_PROFILES } from '#model-library/kernels/kernel.ts';
import { PROGRAM_AT, PROGRAM_END } from '#model-library/package/package-library.ts';
import { encodeProgram } from '#model-library/program/encode.ts';
import { createLlamaProgram } from '#model-library/program/llama-program.ts';
import type { MatrixDescription, ModelDescription } from '#model-library/program/model-description.ts';
import { dispatchCount, kernelsOf } from '#model-library/program/program.ts';

const SOLAR = {
  layers: 48,
  hidden: 4096,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  ffn: 14_336,
  vocab: 32_000,
  context: 4096,
};
const SMALL = { layers: 3, hidden: 64, heads: 4, kvHeads: 2, headDim: 16, ffn: 96, vocab: 100, context: 128 };

type Sizes = typeof SOLAR;

function describeShape(sizes: Sizes, tied: boolean, formatOf: (name: string) => PackedFormat): ModelDescription {
  const { hidden, ffn, vocab } = sizes;
  const query = sizes.heads * sizes.headDim;
  const key = sizes.kvHeads * sizes.headDim;
  const matrices: MatrixDescription[] = [];
  const add = (name: string, rows: number, k: number) => matrices.push({ name, format: formatOf(name), rows, k });
  add('token_embd.weight', vocab, hidden);
  for (let layer = 0; layer < sizes.layers; layer++) {
    add(`blk.${layer}.attn_q.weight`, query, hidden);
    add(`blk.${layer}.attn_k.weight`, key, hidden);
    add(`blk.${layer}.attn_v.weight`, key, hidden);
    add(`blk.${layer}.attn_output.weight`, hidden, query);
    add(`blk.${layer}.ffn_gate.weight`, ffn, hidden);
    add(`blk.${layer}.ffn_up.weight`, ffn, hidden);
    add(`blk.${layer}.ffn_down.weight`, hidden, ffn);
  }
  if (!tied) add('output.weight', vocab, hidden);
  const config = {
    layerCount: sizes.layers,
    hiddenSize: hidden,
    headCount: sizes.heads,
    kvHeadCount: sizes.kvHeads,
    headDim: sizes.headDim,
    ffnSize: ffn,
    vocabSize: vocab,
    contextLength: sizes.context,
    rmsEpsilon: 1e-5,
    tiedOutput: tied,
    rope: { base: 10_000, layout: 'norm', scaling: { type: 'none' } },
  } as const;
  return { config, matrices, frequencyFactors: null };
}

describe.each(KERNEL_PROFILES)('the llama program, %s', (profile) => {
  const solar = createLlamaProgram(
    describeShape(SOLAR, false, () => 'q4_0'),
    profile,
  );

  it('decodes within 6 dispatches a layer and 8 more a token, sampling with penalties included', () => {
    const layer = dispatchCount(solar, 'layerCheck');
    const rest = dispatchCount(solar, 'decode') - SOLAR.layers * layer;
    const around = (['embed', 'softmax', 'sample', 'penalty', 'bias', 'bitmask'] as const).map((task) =>
      dispatchCount(solar, task),
    );
    expect(layer).toBeLessThanOrEqual(6);
    expect(rest + around.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(8);
  });

  it('names the parameters as the GGUF does, each with its size', () => {
    expect(solar.parameters).toHaveLength(3 + 9 * SOLAR.layers);
    const sizeOf = (name: string) => solar.parameters.find((parameter) => parameter.name === name)?.byteCount;
    expect(sizeOf('blk.47.attn_k.weight')).toBe((1024 * 4096 * 4.5) / 8);
    expect(sizeOf('blk.0.ffn_norm.weight')).toBe(4096 * 4);
  });

  it('keeps 805 MB of KV cache for 4096 positions', () => {
    const caches = solar.states.filter(({ name }) => name.startsWith('kv.'));
    const bytes = caches.reduce((sum, { perPosition }) => sum + perPosition * 4096, 0);
    expect(bytes).toBe(805_306_368);
  });

  it('fits its place at the size of SOLAR with mixed formats', () => {
    const mixed = describeShape(SOLAR, false, (name) => {
      if (name === 'output.weight') return 'q6_k';
      return /blk\.\d*[02468]\.(attn_v|ffn_down)/.test(name) ? 'q6_k' : 'q4_k';
    });
    const block = encodeProgram(createLlamaProgram(mixed, profile));
    expect(block.length).toBeLessThan(PROGRAM_END - PROGRAM_AT);
  });
});

describe('the llama program', () => {
  const small = describeShape(SMALL, true, () => 'q8_0');

  it('reads the embedding as the output where they are tied', () => {
    const program = createLlamaProgram(small, 'serial');
    const last = program.tasks.decode.at(-1)!;
    if (last.type !== 'dispatch') throw new Error('decode ends with the logits');
    expect(last.kernel.name).toMatch(/^lm_head/);
    expect(last.buffers).toContainEqual({ space: 'param', index: 0 });
    expect(program.parameters.map(({ name }) => name)).not.toContain('output.weight');
  });

  it('submits after every so many layers, and not behind the last', () => {
    const layer = dispatchCount(createLlamaProgram(small, 'serial'), 'layerCheck');
    /** Layers done before each submission. */
    const flushes = (decode: number) => {
      const options = { prefillChunk: 8, flushEveryLayers: { prefill: 0, decode } };
      let dispatches = 0;
      return createLlamaProgram(small, 'serial', options).tasks.decode.flatMap((step) => {
        if (step.type === 'flush') return [dispatches / layer];
        dispatches++;
        return [];
      });
    };
    expect(flushes(0)).toEqual([]);
    expect(flushes(1)).toEqual([1, 2]);
    expect(flushes(2)).toEqual([2]);
    expect(flushes(3)).toEqual([]);
  });

  it('shares kernels among layers', () => {
    const program = createLlamaProgram(small, 'serial');
    expect(kernelsOf(program).length).toBeLessThan(20);
  });

  it('refuses a description that lacks a tensor, or has it in another shape', () => {
    const without = { ...small, matrices: small.matrices.filter(({ name }) => name !== 'blk.1.ffn_up.weight') };
    expect(() => createLlamaProgram(without, 'serial')).toThrow(
      'the tensor blk.1.ffn_up.weight is missing; expected [96, 64]',
    );
    const matrices = small.matrices.map((matrix) =>
      matrix.name === 'blk.1.attn_q.weight' ? { ...matrix, rows: 32 } : matrix,
    );
    expect(() => createLlamaProgram({ ...small, matrices }, 'serial')).toThrow(
      'blk.1.attn_q.weight is [32, 64]; expected [64, 64]',
    );
  });
});
