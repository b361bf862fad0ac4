import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSaver } from '#lib/state/saver.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('many requests become one write, and a later one another', async () => {
  const write = vi.fn(async () => undefined);
  const saver = createSaver(write, 100);
  for (let at = 0; at < 5; at++) saver.request();
  await vi.advanceTimersByTimeAsync(99);
  expect(write).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(write).toHaveBeenCalledTimes(1);
  saver.request();
  await vi.advanceTimersByTimeAsync(100);
  expect(write).toHaveBeenCalledTimes(2);
});

test('flush writes at once what was asked for, and nothing when nothing was', async () => {
  const write = vi.fn(async () => undefined);
  const saver = createSaver(write, 100);
  await saver.flush();
  expect(write).not.toHaveBeenCalled();
  saver.request();
  await saver.flush();
  expect(write).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(write).toHaveBeenCalledTimes(1);
});

test('a write waits for the one before it', async () => {
  const order: string[] = [];
  let release = (): void => undefined;
  const slow = new Promise<void>((resolve) => (release = resolve));
  const saver = createSaver(async () => {
    order.push('begin');
    if (order.length === 1) await slow;
    order.push('end');
  }, 100);
  saver.request();
  await vi.advanceTimersByTimeAsync(100);
  saver.request();
  const flushed = saver.flush();
  await vi.advanceTimersByTimeAsync(0);
  expect(order).toEqual(['begin']);
  release();
  await flushed;
  expect(order).toEqual(['begin', 'end', 'begin', 'end']);
});
