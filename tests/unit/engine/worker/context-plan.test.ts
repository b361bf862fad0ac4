import { describe, expect, it } from 'vitest';
import { AppError } from '#base/errors.ts';
import { planContexts } from '#engine/worker/context-plan.ts';
import type { Program } from '#model-library/program/program.ts';

/** A cache of 1000 bytes a position beside scratch for 512 rows, and a rotary table of 4 frequencies. */
const PROGRAM = {
  prefillChunk: 512,
  positionLimit: 8192,
  states: [
    { name: 'rope', perPosition: 0, perRow: 0, fixed: 0 },
    { name: 'scratch', perPosition: 0, perRow: 10, fixed: 80 },
    { name: 'kv.0', perPosition: 1000, perRow: 0, fixed: 0 },
  ],
  rotary: { state: 0, inverseFrequencies: [1, 1, 1, 1] },
} as unknown as Program;
const MODEL = { contextLength: 8192, weightBytes: 1e6 };

const plan = (wanted: number | null, mostBytes = Infinity, overrides: object | null = null) =>
  planContexts(PROGRAM, MODEL, { contextLength: wanted, overrides }, (bytes) => {
    if (bytes > mostBytes) throw new AppError('webgpu-limit', { limit: 'x', value: mostBytes, needed: bytes });
  });
const lengths = (...args: Parameters<typeof plan>) => plan(...args).map(({ contextLength }) => contextLength);

describe('the contexts to try', () => {
  it('begin with the model’s own and go down, three at most', () => {
    expect(lengths(null)).toEqual([8192, 4096, 2048]);
  });

  it('leave out those whose buffers do not fit, before anything is uploaded', () => {
    expect(lengths(null, 4_096_000)).toEqual([4096, 2048, 1024]);
    expect(lengths(null, 600_000)).toEqual([512]);
  });

  it('are the one that was asked for, or none', () => {
    expect(lengths(8000)).toEqual([8000]);
    expect(() => plan(8000, 7_999_999)).toThrow('7999999');
    for (const wrong of [0, 8193, 1.5]) expect(() => plan(wrong)).toThrow('this model takes 1 to 8192');
  });

  it('name the need of the smallest when not even that fits', () => {
    expect(() => plan(null, 511_999)).toThrow('512000 is needed');
  });

  it('count every buffer as the runtime makes it', () => {
    const [{ bytes, largestBufferBytes, contextWindowSize }] = plan(1024) as [ReturnType<typeof plan>[0]];
    expect(bytes).toBe(1e6 + 1024 * 32 + (512 * 10 + 80) + 1024 * 1000);
    expect([largestBufferBytes, contextWindowSize]).toEqual([1024 * 1000, 1024]);
  });

  it('with a sliding window are as long as that and a chunk, and turn by the whole table', () => {
    const [only, ...more] = plan(null, Infinity, { sliding_window_size: 100 });
    expect(more).toEqual([]);
    expect(only).toEqual({
      contextLength: 8192,
      contextWindowSize: -1,
      bytes: 1e6 + 8192 * 32 + (512 * 10 + 80) + 612 * 1000,
      largestBufferBytes: 612 * 1000,
    });
  });
});
