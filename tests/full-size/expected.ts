// What llama.cpp says of the two-layer models with their weights as F32: 2.8 GB that a test cannot write each time. llama.cpp
// rounds activations to 8 bits where it multiplies quantised blocks, so only this tells small mistakes from its rounding.
import { readFileSync, writeFileSync } from 'node:fs';
import type { SolarRecipe } from '#tests/support/gguf/solar-model.ts';
import type { LlamaStep } from '#tests/support/llama.ts';

export const TWO_LAYERS = { layers: 2, seed: 7 } as const;
/** "### User:\nHello\n\n### Assistant:\n" in Mistral's vocabulary, after BOS. */
export const PROMPT: readonly number[] = [1, 774, 1247, 28747, 13, 16230, 13, 13, 27332, 21631, 28747, 13];
export const STEPS = 5;

/** By step: the most probable tokens and the natural logarithm of their probabilities, best first. */
export type Expected = readonly (readonly (readonly [id: number, logprob: number])[])[];

const PATH = 'tests/full-size/two-layers.json';
const KEPT_TOKENS = 8;

/** A line a step: `id:logprob` separated by spaces. */
type Written = Partial<Record<SolarRecipe, readonly string[]>>;
const read = () => JSON.parse(readFileSync(PATH, 'utf8')) as Written;

export function readExpected(recipe: SolarRecipe): Expected {
  return (read()[recipe] ?? []).map((line) =>
    line.split(' ').map((pair) => {
      const [id, logprob] = pair.split(':').map(Number);
      return [id!, logprob!] as const;
    }),
  );
}

/** Replaces what is expected of one recipe. */
export function writeExpected(recipe: SolarRecipe, steps: readonly LlamaStep[]): void {
  const lines = steps.map(({ logprobs }) =>
    [...logprobs.entries()]
      .sort((a, b) => b[1] - a[1])
      .slice(0, KEPT_TOKENS)
      .map(([id, logprob]) => `${id}:${logprob.toFixed(4)}`)
      .join(' '),
  );
  writeFileSync(PATH, `${JSON.stringify({ ...read(), [recipe]: lines }, null, 2)}\n`);
}
