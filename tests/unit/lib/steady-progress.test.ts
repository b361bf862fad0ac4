import { describe, expect, test } from 'vitest';
import { steady } from '#lib/state/steady-progress.ts';
import type { SteadyProgress } from '#lib/state/steady-progress.ts';

const TOTAL = 100_000_000;

type Second = { done: number; rate: number };

/** Reports once in 100 ms; returns what is shown after each. */
function watch(seconds: number, at: (second: number) => Second, from: SteadyProgress | null = null): SteadyProgress[] {
  const shown: SteadyProgress[] = [];
  let last = from;
  for (let step = 0; step <= seconds * 10; step++) {
    const { done, rate } = at(step / 10);
    last = steady(last, { doneBytes: done, totalBytes: TOTAL, bytesPerSecond: rate }, step * 100);
    shown.push(last);
  }
  return shown;
}

const even = (second: number): Second => ({ done: second * 1e6, rate: 1e6 });

describe('what is shown', () => {
  test('moves once a second, however often it is reported', () => {
    expect(new Set(watch(10, even)).size).toBe(11);
  });

  test('has no rate and no time left while they would tell of buffers', () => {
    const shown = watch(2.9, even);
    expect(shown.every(({ bytesPerSecond, secondsLeft }) => bytesPerSecond === null && secondsLeft === null)).toBe(
      true,
    );
    expect(watch(3, even).at(-1)).toMatchObject({ bytesPerSecond: 1e6, secondsLeft: 97 });
  });

  test('counts down and does not dance with a rate that swings by a tenth', () => {
    const shown = watch(40, (second) => ({ done: second * 1e6, rate: 1e6 * (1 + 0.1 * Math.sin(second * 7)) }));
    const left = [...new Set(shown)].flatMap(({ secondsLeft }) => (secondsLeft === null ? [] : [secondsLeft]));
    const steps = left.slice(1).map((seconds, at) => left[at]! - seconds);
    expect(steps.length).toBeGreaterThan(30);
    for (const step of steps) expect(step).toBeCloseTo(1);
  });

  test('follows a line that became four times slower, within a quarter of a minute', () => {
    const before = watch(10, even).at(-1)!;
    expect(before.bytesPerSecond).toBeCloseTo(1e6);
    const slow = watch(25, (second) => ({ done: 10e6 + second * 0.25e6, rate: 0.25e6 }), { ...before, shownMs: -1000 });
    expect(slow[10]!.bytesPerSecond).toBeGreaterThan(0.5e6); // not at once
    expect(slow[150]!.bytesPerSecond).toBeLessThan(0.3e6);
    expect(slow.at(-1)!.secondsLeft).toBeGreaterThan(250);
  });

  test('keeps rate and time while nothing is reported to come', () => {
    const before = watch(10, even).at(-1)!;
    const still = watch(5, () => ({ done: 10e6, rate: 0 }), { ...before, shownMs: -1000 }).at(-1)!;
    expect(still).toMatchObject({ doneBytes: 10e6, bytesPerSecond: before.bytesPerSecond });
  });

  test('is complete at once when the last byte came', () => {
    const before = watch(10, even).at(-1)!;
    const end = steady(before, { doneBytes: TOTAL, totalBytes: TOTAL, bytesPerSecond: 1e6 }, before.shownMs + 1);
    expect(end).toMatchObject({ doneBytes: TOTAL, secondsLeft: 0 });
  });

  test('begins anew where the whole turns out to be another size', () => {
    const before = watch(10, even).at(-1)!;
    const other = steady(before, { doneBytes: 5, totalBytes: 10, bytesPerSecond: 1 }, 10_000);
    expect(other).toMatchObject({ doneBytes: 5, totalBytes: 10, bytesPerSecond: null, secondsLeft: null });
  });
});
