import { describe, expect, it } from 'vitest';
import { ratioOf, spreadOf } from '#bench/statistics.ts';

describe('spreadOf', () => {
  it('gives the middle value of an odd count and the mean of the middle two of an even one', () => {
    expect(spreadOf([9, 1, 5])).toEqual({ median: 5, low: 1, high: 9, count: 3 });
    expect(spreadOf([4, 1, 2, 100])).toEqual({ median: 3, low: 1, high: 100, count: 4 });
  });

  it('gives null for no values and refuses what is no number', () => {
    expect(spreadOf([])).toBeNull();
    expect(() => spreadOf([1, NaN])).toThrow('Not a measurement');
    expect(() => spreadOf([Infinity])).toThrow('Not a measurement');
  });
});

describe('ratioOf', () => {
  it('compares only rounds in which both gave a number', () => {
    expect(ratioOf([10, null, 30, 40], [5, 7, 10])).toEqual({ median: 2.5, low: 2, high: 3, count: 2 });
    expect(ratioOf([null], [3])).toBeNull();
    expect(ratioOf([1], [0])).toBeNull();
  });
});
