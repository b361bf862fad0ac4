// The library under the real WebLLM on a real (software) WebGPU device, judged by the TypeScript reference.
import { afterEach, describe, expect, it } from 'vitest';
import { createTinyLibrary, type TinyLibraryOptions } from './support/tiny-library.ts';
import { indexOfLargest, largestDifference, openTinyEngine, referenceLogits, type TinyEngine } from './support/tiny-engine.ts';

/** Largest difference of a logit from f64: f32 sums of some hundred products and an f16 KV cache, on logits up to 20. */
const TOLERANCE = 2e-2;

let open: TinyEngine | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

async function start(options: TinyLibraryOptions = {}) {
  const tiny = await createTinyLibrary(options);
  open = await openTinyEngine(tiny);
  return { tiny, ...open };
}

const USER = 'The weather in the mountains';

describe('a tiny model under WebLLM', () => {
  it('says greedily what the reference says', async () => {
    const { tiny, chat, caches } = await start();
    const { fed, steps } = await chat({ messages: [{ role: 'user', content: USER }], temperature: 0, max_tokens: 12 });
    const prompt = fed[0]!;
    const expected = referenceLogits(tiny, prompt, steps.map(({ token }) => token));
    expect(steps.length).toBe(12);
    steps.forEach(({ token, logits }, index) => {
      expect(largestDifference(logits, expected[index]!)).toBeLessThan(TOLERANCE);
      expect(token).toBe(indexOfLargest(expected[index]!));
    });
    expect(caches.misses).toEqual([]);
  });
});
