// llama.cpp as the judge: it loads every variant the writer can write, and its blocks mean what `dequantize` says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { joinSplits, splitNames } from '#formats/gguf/split.ts';
import { TENSOR_TYPES } from '#formats/gguf/tensor-types.ts';
import { mixQ4KM, tinyModel, type TinyModelOptions } from '#tests/support/gguf/tiny-model.ts';
import { toF32 } from '#tests/support/gguf/to-f32.ts';
import { openLlama, type LlamaStep } from '#tests/support/llama.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'daylight-gguf-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What llama.cpp expects after each of the last `count` of `ids`. */
async function score(files: readonly Uint8Array[], ids: readonly number[], count: number): Promise<LlamaStep[]> {
  const pieces = String(files.length).padStart(5, '0');
  const paths = splitNames(join(folder, `model-00001-of-${pieces}.gguf`));
  files.forEach((file, index) => writeFileSync(paths[index]!, file));
  const llama = await openLlama(paths[0]!, 256, 1);
  try {
    return await llama.score(ids, count);
  } finally {
    await llama.close();
  }
}

/** Root mean square of the differences between log-probabilities. */
function distance(a: readonly LlamaStep[], b: readonly LlamaStep[]): number {
  const differences = a.flatMap((step, index) =>
    Array.from(step.logprobs, (logprob, id) => logprob - b[index]!.logprobs[id]!),
  );
  return Math.sqrt(differences.reduce((sum, difference) => sum + difference ** 2, 0) / differences.length);
}

const SMALL: TinyModelOptions = { layers: 1, heads: 4, kvHeads: 2, headDim: 64, ffn: 32, vocabSize: 344 };

describe('dequantize', () => {
  // Looking up a row is where llama.cpp turns blocks into float32; every other tensor is F32, so nothing may differ.
  test.each(TENSOR_TYPES)('gives the very float32 values of llama.cpp for %s', async (type) => {
    const files = tinyModel({ ...SMALL, types: { token_embd: type } });
    const everyToken = Array.from({ length: 200 }, (_, id) => 1 + id);
    const [quantized] = await score(files, everyToken, 1);
    const [plain] = await score([toF32(files)], everyToken, 1);
    expect(quantized!.logprobs).toEqual(plain!.logprobs);
    expect(new Set(plain!.logprobs).size).toBeGreaterThan(300);
  });
});

/**
 * llama.cpp rounds activations to 8 bits where it multiplies quantised blocks, so logits that spread over 4 units differ a
 * little: 0.2 at most in these models. One matrix read wrongly makes it several units.
 */
const ACTIVATION_ROUNDING = 0.3;

const VARIANTS: readonly (readonly [name: string, options: TinyModelOptions])[] = [
  ['SOLAR in small: Q4_K_M mix, grouped heads of 128', { headDim: 128, heads: 4, kvHeads: 1, types: mixQ4KM }],
  ['byte-level BPE, tied output, Q8_0', { tokenizer: 'gpt2', tied: true, vocabSize: 401, types: 'Q8_0' }],
  ['one head per query, theta 1e6, Q5_1, GGUF version 2', { kvHeads: 8, ropeBase: 1e6, types: 'Q5_1', version: 2 }],
  ['linear scaling, Q4_0 with a Q6_K output', { ropeScaling: { type: 'linear', factor: 4 }, types: q40 }],
  ['frequency factors, F16', { ropeScaling: { type: 'llama3', factors: factors(16) }, types: 'F16' }],
  ['three files, Q5_K', { splits: 3, types: 'Q5_K' }],
];

function q40(role: string): 'Q6_K' | 'Q4_0' {
  return role === 'output' ? 'Q6_K' : 'Q4_0';
}

function factors(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 1 + index / 2);
}

describe('tiny models', () => {
  test.each(VARIANTS)('are read by llama.cpp and by us: %s', async (_name, options) => {
    const files = tinyModel({ seed: 7, ...options });
    const model = joinSplits(files.map((file) => parseGgufHeader(file, file.length)!));
    expect(readLlamaConfig(model).layerCount).toBe(2);
    const ids = [1, 300, 301, 77, 320, 12, 5, 256];
    const steps = await score(files, ids, 4);
    expect(distance(await score([toF32(files)], ids, 4), steps)).toBeLessThan(ACTIVATION_ROUNDING);
    for (const { id, logprobs } of steps) {
      // Lively: sure of something, not of one thing only, and not the token that was put in.
      expect(logprobs[id]).toBeGreaterThan(-4);
      expect(logprobs[id]).toBeLessThan(-0.001);
    }
    expect(new Set(steps.map(({ id }) => id)).size).toBeGreaterThan(2);
  });
});
