import { describe, expect, it } from 'vitest';
import { bias, bitmask, penalty, sampleTopP, softmax } from '#model-library/kernels/sampling/sampling.ts';
import * as operations from '#model-library/reference/operations.ts';
import * as reference from '#model-library/reference/sampling.ts';
import { expectWithin } from '#tests/support/gpu/compare.ts';
import { openTestGpu } from '#tests/support/gpu/gpu.ts';
import { createRandom } from '#tests/support/gpu/random.ts';

const gpu = await openTestGpu();
const VOCABS = [1, 31, 255, 256, 257, 5000];

describe.skipIf(!gpu)('softmax', () => {
  it.each(VOCABS)('of %i logits', async (vocab) => {
    const random = createRandom(vocab);
    for (const temperature of [1e-6, 0.7, 1, 3]) {
      const logits = random.normal(vocab, 5);
      if (vocab > 3) logits.set([-1e30, -Infinity, -3.4e38]);
      const out = await gpu!.run(
        softmax(vocab),
        { logits, temperature: Float32Array.of(temperature), out: new Float32Array(vocab) },
        {},
      );
      const t = Math.fround(temperature);
      const expected = operations.softmax(logits, t);
      // exp's error grows with its argument's size: a rounding of (logit - best) / t each way.
      const best = Math.max(...logits);
      const bound = Array.from(expected, (p, i) => 1e-30 + p * 2 ** -20 * (2 + Math.min(200, (best - logits[i]!) / t)));
      expectWithin(new Float32Array(out.out!, 0, vocab), expected, bound, `softmax of ${vocab} at ${temperature}`);
    }
  });
});

describe.skipIf(!gpu)('sample_top_p', () => {
  const sample = async (probs: Float32Array, topP: number, uniform: number): Promise<number> => {
    const out = await gpu!.run(
      sampleTopP(probs.length),
      { probs, uniform_value: Float32Array.of(uniform), top_p: Float32Array.of(topP), out: Int32Array.of(-7) },
      {},
    );
    return new Int32Array(out.out!)[0]!;
  };

  it.each(VOCABS)('draws from %i probabilities what the reference draws', async (vocab) => {
    const random = createRandom(vocab + 1);
    for (const topP of [0, 0.01, 0.5, 0.9, 1]) {
      const probs = exactProbabilities(random.normal(vocab, 3));
      for (const uniform of [0, 0.25, 0.8125, 1 - 2 ** -24]) {
        expect([topP, uniform, await sample(probs, topP, uniform)]).toEqual([
          topP,
          uniform,
          reference.sampleTopP(probs, Math.fround(topP), uniform),
        ]);
      }
    }
  });

  it('takes equal probabilities in together', async () => {
    const probs = Float32Array.of(0.25, 0.125, 0.25, 0.25, 0.125);
    expect(reference.topPSet(probs, 0.3)).toEqual([0, 2, 3]);
    expect([await sample(probs, 0.3, 0), await sample(probs, 0.3, 0.5), await sample(probs, 0.3, 0.9)]).toEqual([
      0, 2, 3,
    ]);
  });

  it('takes the most probable at top_p 0, whatever the uniform', async () => {
    const probs = Float32Array.of(0.1, 0.2, 0.6, 0.1);
    expect([await sample(probs, 0, 0), await sample(probs, 0, 1)]).toEqual([2, 2]);
  });

  it('never draws an impossible token, also past either end of the uniform', async () => {
    const probs = Float32Array.of(0, 0.5, 0, 0.5, 0, 0);
    expect([
      await sample(probs, 1, 0),
      await sample(probs, 1, 1),
      await sample(probs, 2, 5),
      await sample(probs, 1, -1),
    ]).toEqual([1, 3, 3, 1]);
  });

  it('says -1 when a probability is no number', async () => {
    for (const wrong of [NaN, Infinity, -1]) expect(await sample(Float32Array.of(0.5, wrong, 0.5), 1, 0.5)).toBe(-1);
  });

  it('draws each token as often as its probability says', async () => {
    const probs = Float32Array.of(0.5, 0.25, 0.125, 0.125);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 64; i++) counts[await sample(probs, 1, i / 64)]! += 1;
    expect(counts).toEqual([32, 16, 8, 8]);
  });
});

describe.skipIf(!gpu)('changes to logits', () => {
  const vocab = 131;

  it.each([0, 1, 64, 65])('penalises %i tokens', async (count) => {
    const random = createRandom(count);
    const logits = random.normal(vocab, 4);
    const ids = distinctIds(random.next, count);
    const counts = ids.map((_, i) => 1 + (i % 3));
    const penalties = { presence: 0.5, frequency: 0.25, repetition: 1.25 };
    const out = await gpu!.run(
      penalty(vocab),
      {
        logits,
        ids: Int32Array.from(ids),
        counts: Int32Array.from(counts),
        penalties: Float32Array.of(0.5, 0.25, 1.25),
      },
      { count },
    );
    expectWithin(
      new Float32Array(out.logits!, 0, vocab),
      reference.penalise(logits, ids, counts, penalties),
      2 ** -19,
      'penalty',
    );
  });

  it.each([0, 1, 64, 65])('biases %i tokens', async (count) => {
    const random = createRandom(count);
    const logits = random.normal(vocab, 4);
    const ids = distinctIds(random.next, count);
    const biases = random.normal(count, 50);
    const out = await gpu!.run(bias(vocab), { logits, ids: Int32Array.from(ids), bias: biases }, { count });
    expectWithin(
      new Float32Array(out.logits!, 0, vocab),
      reference.addBias(logits, ids, [...biases]),
      2 ** -16,
      'bias',
    );
  });

  it('ignores ids outside the vocabulary', async () => {
    const logits = createRandom(3).normal(vocab);
    const ids = Int32Array.of(-1, vocab, 2 ** 31 - 1);
    const biased = await gpu!.run(bias(vocab), { logits, ids, bias: Float32Array.of(1, 2, 3) }, { count: 3 });
    expect(new Float32Array(biased.logits!, 0, vocab)).toEqual(logits);
    const penalised = await gpu!.run(
      penalty(vocab),
      { logits, ids, counts: ids, penalties: Float32Array.of(1, 1, 2) },
      { count: 3 },
    );
    expect(new Float32Array(penalised.logits!, 0, vocab)).toEqual(logits);
  });

  it.each([1, 32, 33, 131])('masks %i tokens by bit', async (size) => {
    const random = createRandom(size);
    const logits = random.normal(size, 4);
    const mask = Uint32Array.from({ length: Math.ceil(size / 32) }, () => random.next() * 2 ** 32);
    const out = await gpu!.run(bitmask(size), { logits, mask }, {});
    expect([...new Float32Array(out.logits!, 0, size)]).toEqual(
      [...reference.applyBitmask(logits, mask)].map(Math.fround),
    );
  });
});

/** Multiples of 2^-16 that sum to at most 1: every sum of them is exact in f32, so kernel and reference cannot part. */
function exactProbabilities(logits: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(operations.softmax(logits, 1), (p) => Math.floor(p * 2 ** 16) / 2 ** 16);
}

function distinctIds(next: () => number, count: number): number[] {
  const ids = Array.from({ length: 131 }, (_, id) => id);
  return Array.from({ length: count }, () => ids.splice(Math.floor(next() * ids.length), 1)[0]!);
}
