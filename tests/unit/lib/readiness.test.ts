import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseCatalog } from '#catalog/parse-catalog.ts';
import { gpuNeed, mayTry, readiness } from '#lib/state/readiness.ts';
import type { GpuAssessment } from '#engine/protocol/info.ts';
import type { Facts } from '#lib/state/readiness.ts';

// The catalog as it is served: what is said about SOLAR is said with SOLAR's own numbers.
const { models } = parseCatalog(JSON.parse(readFileSync('static/catalog.json', 'utf8')));
const entry = (id: string) => models.find((one) => one.id === id)!;
const SMALL = entry('smollm2-135m-instruct');
const Q4_0 = entry('solar-10.7b-instruct-q4_0');
const Q4_K_M = entry('solar-10.7b-instruct-q4_k_m');
const Q8_0 = entry('solar-10.7b-instruct-q8_0');

const GiB = 1024 ** 3;
const trial = (gib: number, triedGib = 16): GpuAssessment => ({
  adapter: { vendor: 'nvidia', architecture: 'ampere', description: '', isSoftware: false },
  reason: null,
  limits: null,
  features: [],
  maxBufferBytes: GiB,
  triedBytes: triedGib * GiB,
  allocatedBytes: Math.floor(gib * GiB),
});
/** A desktop with a real card, 200 GB for the site and a line of 8 MB/s. */
const DESKTOP: Facts = {
  hasGpu: true,
  hasProcessor: true,
  isSoftware: false,
  isHandheld: false,
  memoryGiB: 8,
  storage: { quotaBytes: 200e9, usageBytes: 0, isPersisted: true },
  connection: { savesData: false, type: 'wifi', downlinkMbps: 10 },
  bytesPerSecond: 8e6,
  trial: null,
};
const verdict = (of: typeof SMALL, changes: Partial<Facts>, storedBytes = 0) =>
  readiness(of, storedBytes, { ...DESKTOP, ...changes }, models).verdict;

describe('SOLAR on a desktop', () => {
  test('is not promised before the memory was tried, and is after', () => {
    expect(verdict(Q4_K_M, {})).toEqual({ kind: 'unchecked' });
    expect(verdict(Q4_K_M, { trial: trial(8) })).toEqual({ kind: 'yes', isTried: true });
  });

  test('gets the longest context that fits', () => {
    // 6.46 GB of weights, 196,608 bytes a position and 256 MiB to work with.
    const weights = (6_460_923_904 + (256 << 20)) / GiB;
    const withContext = (length: number) => weights + (196_608 * length) / GiB;
    expect(verdict(Q4_K_M, { trial: trial(withContext(4096)) })).toMatchObject({ kind: 'yes' });
    expect(verdict(Q4_K_M, { trial: trial(withContext(4095)) })).toEqual({
      kind: 'yes-with-context',
      contextLength: 2048,
    });
    expect(verdict(Q4_K_M, { trial: trial(withContext(2048)) })).toEqual({
      kind: 'yes-with-context',
      contextLength: 2048,
    });
    expect(verdict(Q4_K_M, { trial: trial(withContext(1024)) })).toEqual({
      kind: 'yes-with-context',
      contextLength: 1024,
    });
    expect(verdict(Q4_K_M, { trial: trial(withContext(512)) })).toMatchObject({ contextLength: 512 });
    expect(verdict(Q4_K_M, { trial: trial(withContext(500)) })).toMatchObject({ because: 'gpu-memory' });
  });

  test('that does not fit leads to the largest variant that does', () => {
    const refused = verdict(Q8_0, { trial: trial(8) });
    expect(refused).toMatchObject({
      kind: 'no',
      because: 'gpu-memory',
      doThis: 'close-programs',
      instead: 'solar-10.7b-instruct-q5_k_m',
    });
  });

  test('that does not fit in any size leads to the included model', () => {
    expect(verdict(Q4_0, { trial: trial(4) })).toMatchObject({
      kind: 'no',
      because: 'gpu-memory',
      instead: SMALL.id,
    });
  });

  test('that needs more than was tried is unchecked, not refused', () => {
    const all = gpuNeed(Q4_0).bytes / GiB;
    expect(verdict(Q8_0, { trial: trial(all, all) })).toEqual({ kind: 'unchecked' });
    expect(verdict(Q4_0, { trial: trial(all, all) })).toEqual({ kind: 'yes', isTried: true });
  });

  test('needs buffers of its largest tensor', () => {
    const small = { ...trial(12), maxBufferBytes: 64 << 20 };
    expect(verdict(Q4_K_M, { trial: small })).toMatchObject({
      because: 'gpu-buffer',
      doThis: 'other-browser',
      neededBytes: 107_520_000,
      availableBytes: 64 << 20,
      instead: SMALL.id,
    });
  });
});

describe('a device that SOLAR would take down', () => {
  test.each([
    ['a phone or tablet', { isHandheld: true }, 'handheld', 'other-device', SMALL.id],
    ['a processor as graphics card', { isSoftware: true }, 'software', 'turn-on-gpu', SMALL.id],
    ['four gigabytes of memory', { memoryGiB: 4 }, 'memory', 'other-device', SMALL.id],
    ['no graphics card', { hasGpu: false }, 'no-gpu', 'turn-on-gpu', SMALL.id],
    ['neither graphics card nor processor', { hasGpu: false, hasProcessor: false }, 'no-gpu', 'turn-on-gpu', null],
  ] as const)('%s is told no, what to do, and what works', (_, facts, because, doThis, instead) => {
    // Even a trial that went well changes nothing: phones grant memory that they take back with the tab.
    expect(verdict(Q4_0, { ...facts, trial: trial(16) })).toMatchObject({ kind: 'no', because, doThis, instead });
    expect(mayTry(Q4_0, 0, { ...DESKTOP, ...facts })).toBe(false);
  });

  test('a browser that says nothing of the memory, or 8 for any amount, is not refused for it', () => {
    expect(verdict(Q8_0, { memoryGiB: null })).toEqual({ kind: 'unchecked' });
    expect(verdict(Q8_0, { memoryGiB: 8 })).toEqual({ kind: 'unchecked' });
  });

  test('the included model runs on the processor where there is no graphics card, if it has room on the disk', () => {
    const report = readiness(SMALL, 0, { ...DESKTOP, hasGpu: false }, models);
    expect(report).toMatchObject({ verdict: { kind: 'yes-on-processor' }, isQuick: true });
    expect(verdict(SMALL, { hasGpu: false, hasProcessor: false })).toMatchObject({ because: 'no-gpu', instead: null });
    const full = { quotaBytes: 50e9, usageBytes: 50e9 - 1e6, isPersisted: false };
    expect(verdict(SMALL, { hasGpu: false, storage: full })).toMatchObject({ because: 'storage' });
  });

  test('the included model runs on all that have a graphics card, without a trial', () => {
    for (const facts of [{}, { isHandheld: true }, { isSoftware: true }, { memoryGiB: 2 }]) {
      expect(verdict(SMALL, facts)).toEqual({ kind: 'yes', isTried: false });
      expect(mayTry(SMALL, 0, { ...DESKTOP, ...facts })).toBe(false);
    }
    expect(mayTry(Q4_0, 0, DESKTOP)).toBe(true);
  });
});

describe('the disk', () => {
  const room = (quotaBytes: number, usageBytes = 0) => ({ storage: { quotaBytes, usageBytes, isPersisted: false } });

  test('too small is told with what is missing and what fits', () => {
    const refused = verdict(Q4_K_M, { ...room(7e9, 2e9), trial: trial(16) });
    expect(refused).toMatchObject({ because: 'storage', doThis: 'free-space', availableBytes: 5e9, instead: SMALL.id });
    expect(refused.kind === 'no' && refused.neededBytes).toBeCloseTo(6_461_663_904 * 1.01, -3);
  });

  test('that is tiny looks like a private window', () => {
    expect(verdict(Q4_K_M, room(1.2e9))).toMatchObject({ because: 'private-window', doThis: 'leave-private' });
    expect(verdict(SMALL, room(50e6))).toMatchObject({ because: 'private-window', instead: null });
  });

  test('has to hold only what is not stored yet', () => {
    expect(verdict(Q4_K_M, room(8e9, 6e9), 5e9)).toEqual({ kind: 'unchecked' });
    expect(verdict(Q4_K_M, room(6.5e9, 6.5e9), Q4_K_M.sizeBytes)).toEqual({ kind: 'unchecked' });
  });

  test('of which the browser says nothing, or only its floor, is not refused; the floor is told', () => {
    expect(verdict(Q8_0, { storage: null })).toEqual({ kind: 'unchecked' });
    const floor = { ...DESKTOP, ...room(10 * GiB + 5e9, 5e9) };
    expect(readiness(Q8_0, 0, floor, models)).toMatchObject({
      verdict: { kind: 'unchecked' },
      cautions: ['storage-unknown'],
    });
    expect(verdict(Q8_0, room(10 * GiB + 5e9, 5e9 + 1e6))).toMatchObject({ because: 'storage' });
  });
});

describe('the forecast', () => {
  test('is what is missing over the measured rate', () => {
    const report = readiness(Q4_K_M, 461_663_904, DESKTOP, models);
    expect(report).toMatchObject({ missingBytes: 6e9, seconds: 750, cautions: [] });
    expect(report.freeAfterBytes).toBeCloseTo(200e9 - 6e9 * 1.01, -4);
    expect(readiness(Q4_K_M, 0, { ...DESKTOP, bytesPerSecond: null, storage: null }, models)).toMatchObject({
      seconds: null,
      freeAfterBytes: null,
    });
  });

  test('warns of metered and slow connections while something is to be downloaded', () => {
    const metered = { ...DESKTOP, connection: { savesData: true, type: null, downlinkMbps: 10 } };
    expect(readiness(Q4_0, 0, metered, models).cautions).toEqual(['metered']);
    expect(readiness(Q4_0, Q4_0.sizeBytes, metered, models).cautions).toEqual([]);
    const mobile = {
      ...DESKTOP,
      bytesPerSecond: 5e5,
      connection: { savesData: false, type: 'cellular', downlinkMbps: 4 },
    };
    expect(readiness(Q4_0, 0, mobile, models).cautions).toEqual(['metered', 'slow']);
  });
});
