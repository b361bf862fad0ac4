// What one token costs the browser: counted on the device's own functions, in a run as a user has it (no logits read back).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTinyLibrary, type TinyLibrary } from './support/tiny-library.ts';
import { openTinyEngine, type TinyEngine } from './support/tiny-engine.ts';

const COUNTED = {
  createBuffer: () => GPUDevice.prototype,
  createComputePipeline: () => GPUDevice.prototype,
  createComputePipelineAsync: () => GPUDevice.prototype,
  createShaderModule: () => GPUDevice.prototype,
  destroy: () => GPUBuffer.prototype,
  mapAsync: () => GPUBuffer.prototype,
  submit: () => GPUQueue.prototype,
  dispatchWorkgroups: () => GPUComputePassEncoder.prototype,
} as const;
type Counts = Record<keyof typeof COUNTED, number>;

/** Counts calls from now on; `restore` puts the browser's own functions back. */
function countCalls(): { counts: Counts; restore: () => void } {
  const counts = Object.fromEntries(Object.keys(COUNTED).map((name) => [name, 0])) as Counts;
  const originals = Object.entries(COUNTED).map(([name, prototypeOf]) => {
    const prototype = prototypeOf() as unknown as Record<string, (...args: unknown[]) => unknown>;
    const original = prototype[name]!;
    prototype[name] = function (this: unknown, ...args: unknown[]) {
      counts[name as keyof Counts]++;
      return original.apply(this, args);
    };
    return () => (prototype[name] = original);
  });
  return { counts, restore: () => originals.forEach((restore) => restore()) };
}

describe('the token loop', () => {
  let tiny: TinyLibrary;
  let open: TinyEngine;
  beforeAll(async () => {
    tiny = await createTinyLibrary({ model: { types: 'Q4_0', layers: 3 } });
    open = await openTinyEngine(tiny, false);
  });
  afterAll(() => open.close());

  const request = (max_tokens: number) => ({
    messages: [{ role: 'user' as const, content: 'The weather in the mountains' }],
    ...{ temperature: 1, seed: 1, max_tokens, ignore_eos: true },
  });

  /** Counts of a whole answer of so many tokens. */
  async function cost(
    tokens: number,
    extra: object = {},
  ): Promise<Counts & { liveObjects: number; buffersCreated: number }> {
    await open.engine.resetChat();
    const before = open.stats();
    const { counts, restore } = countCalls();
    await open.engine.chatCompletion({ ...request(tokens), ...extra });
    restore();
    const after = open.stats();
    return {
      ...counts,
      liveObjects: after.liveObjects - before.liveObjects,
      buffersCreated: after.buffersCreated - before.buffersCreated,
    };
  }

  it.each([
    ['plain', {}, 0],
    ['with penalties and bias', { repetition_penalty: 1.2, frequency_penalty: 0.5, logit_bias: { '5': 1 } }, 2],
  ])(
    '%s: makes no buffer and no pipeline, dispatches within the budget, reads back once a token',
    async (_, extra, more) => {
      await cost(40, extra); // fills the pool, and WebLLM's own cache of shapes
      const short = await cost(8, extra);
      const long = await cost(40, extra);
      const perToken = (name: keyof Counts) => (long[name] - short[name]) / 32;
      for (const name of [
        'createBuffer',
        'createComputePipeline',
        'createComputePipelineAsync',
        'createShaderModule',
        'destroy',
      ] as const) {
        expect(long[name], name).toBe(0);
      }
      expect(perToken('mapAsync')).toBe(1);
      expect(perToken('dispatchWorkgroups')).toBeLessThanOrEqual(6 * 3 + 8);
      // Five for three layers (serial), embed, logits, softmax and sample; penalties and bias are one each.
      expect(perToken('dispatchWorkgroups')).toBe(5 * 3 + 4 + more);
      expect(long.liveObjects).toBe(0);
      expect(long.buffersCreated).toBe(0);
    },
  );

  it('submits a bounded number of times a token', async () => {
    await cost(4);
    const short = await cost(8);
    const long = await cost(40);
    // WebLLM uploads the id, the temperature, the uniform and top_p one by one, then reads the token.
    expect((long.submit - short.submit) / 32).toBeLessThanOrEqual(6);
  });
});
