import { describe, expect, it } from 'vitest';
import { inverseFrequencies } from '#model-library/program/inverse-frequencies.ts';

describe('inverseFrequencies', () => {
  it('falls from 1 by equal ratios', () => {
    const frequencies = inverseFrequencies(8, { base: 10_000, linearFactor: 1, frequencyFactors: null });
    expect(frequencies).toEqual([1, 10_000 ** -0.25, 10_000 ** -0.5, 10_000 ** -0.75]);
  });

  it('is divided by the linear factor', () => {
    expect(inverseFrequencies(4, { base: 100, linearFactor: 4, frequencyFactors: null })).toEqual([0.25, 0.025]);
  });

  it('is divided by each factor of the file', () => {
    expect(inverseFrequencies(4, { base: 100, linearFactor: 1, frequencyFactors: [2, 8] })).toEqual([0.5, 0.0125]);
  });

  it('refuses factors that are not one a pair, or not above 0', () => {
    const withFactors = (frequencyFactors: number[]) => () =>
      inverseFrequencies(4, { base: 100, linearFactor: 1, frequencyFactors });
    expect(withFactors([1])).toThrow('number of frequency factors is 1');
    expect(withFactors([1, 0])).toThrow('rotary factor is 0');
    expect(withFactors([1, NaN])).toThrow('rotary factor is NaN');
  });
});
