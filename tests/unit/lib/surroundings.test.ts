import { describe, expect, test, vi } from 'vitest';
import { isHandheld, measureThroughput, rateOf, readConnection, readStorage } from '#lib/state/surroundings.ts';

describe('isHandheld', () => {
  test('knows phones and tablets by system, by what the browser says, and by their fingers', () => {
    expect(isHandheld({ maxTouchPoints: 5 }, 'ios', true)).toBe(true);
    expect(isHandheld({ maxTouchPoints: 5 }, 'android', true)).toBe(true);
    expect(isHandheld({ maxTouchPoints: 0, userAgentData: { mobile: true } }, 'other', false)).toBe(true);
    expect(isHandheld({ maxTouchPoints: 10 }, 'linux', true)).toBe(true); // Android, asking for the desktop page
  });

  test('takes a laptop with a touch screen for a laptop', () => {
    expect(isHandheld({ maxTouchPoints: 10, userAgentData: { mobile: false } }, 'windows', true)).toBe(false);
    expect(isHandheld({ maxTouchPoints: 10 }, 'linux', false)).toBe(false);
    expect(isHandheld({ maxTouchPoints: 0 }, 'mac', false)).toBe(false);
  });
});

test('readConnection and readStorage give null where a browser says nothing', async () => {
  expect(readConnection({ maxTouchPoints: 0 })).toBeNull();
  expect(readConnection({ maxTouchPoints: 0, connection: { type: 'cellular', downlink: 4 } })).toEqual({
    savesData: false,
    type: 'cellular',
    downlinkMbps: 4,
  });
  expect(await readStorage({ maxTouchPoints: 0 })).toBeNull();
  const refuses = { estimate: () => Promise.reject(new TypeError('no')), persisted: async () => false };
  expect(await readStorage({ maxTouchPoints: 0, storage: refuses })).toBeNull();
  const answers = { estimate: async () => ({ quota: 9e9, usage: 1e9 }), persisted: async () => true };
  expect(await readStorage({ maxTouchPoints: 0, storage: answers })).toEqual({
    quotaBytes: 9e9,
    usageBytes: 1e9,
    isPersisted: true,
  });
});

describe('throughput', () => {
  test('is taken from the later half, when the line has warmed up', () => {
    const marks = [
      { atMs: 0, bytes: 0 },
      { atMs: 1000, bytes: 100_000 },
      { atMs: 1100, bytes: 500_000 },
      { atMs: 1200, bytes: 1_000_000 },
    ];
    expect(rateOf(marks)).toBe(5e6);
    expect(rateOf([])).toBeNull();
    expect(rateOf([{ atMs: 0, bytes: 0 }])).toBeNull();
  });

  test('asks for a range, and stops reading when it knows enough', async () => {
    let clock = 0;
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        clock += 500; // 1 MB in each half second
        controller.enqueue(new Uint8Array(1e6));
      },
      cancel: () => void (cancelled = true),
    });
    const fetchBytes = vi.fn(async (_url: string, init: RequestInit) => {
      init.signal!.addEventListener('abort', () => void (cancelled = true));
      return new Response(body, { status: 206 });
    });
    const rate = await measureThroughput('https://host/x.gguf', fetchBytes as unknown as typeof fetch, () => clock);
    expect(rate).toBeCloseTo(2e6, -5);
    expect(cancelled).toBe(true);
    expect(new Headers(fetchBytes.mock.calls[0]![1].headers).get('range')).toBe('bytes=0-4194303');
  });

  test('is unknown where the server refuses or does not answer', async () => {
    const refuses = (async () => new Response('no', { status: 404 })) as typeof fetch;
    expect(await measureThroughput('https://host/x', refuses, () => 0)).toBeNull();
    const fails = (() => Promise.reject(new TypeError('network'))) as typeof fetch;
    expect(await measureThroughput('https://host/x', fails, () => 0)).toBeNull();
  });
});
