import { describe, expect, test } from 'vitest';
import { checkDevice } from '#lib/state/device.ts';
import { deviceWords, noGpuWords } from '#lib/text/device.ts';

const AGENTS = {
  linuxChrome: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36',
  windowsFirefox: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0',
  macSafari:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
  androidChrome:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36',
};
const adapter = (info: Partial<GPUAdapterInfo>) => ({
  requestAdapter: async () =>
    ({ info: { vendor: '', architecture: '', device: '', description: '', ...info } }) as GPUAdapter,
});
const withAdapter = adapter({ vendor: 'nvidia', architecture: 'ampere' });
const noAdapter = { requestAdapter: async () => null };
const check = (userAgent: string, changes: Partial<Parameters<typeof checkDevice>[0]> = {}) =>
  checkDevice({ isSecureContext: true, userAgent, maxTouchPoints: 0, gpu: withAdapter, hasMemory64: true, ...changes });

describe('checkDevice', () => {
  test('finds no problem where there is an adapter', async () => {
    expect((await check(AGENTS.linuxChrome)).problem).toBeNull();
  });

  test('names an adapter that is a processor in disguise', async () => {
    expect((await check(AGENTS.linuxChrome)).isSoftware).toBe(false);
    const swiftshader = adapter({ vendor: 'google', architecture: 'swiftshader' });
    expect((await check(AGENTS.linuxChrome, { gpu: swiftshader })).isSoftware).toBe(true);
    const fallback = adapter({ vendor: 'microsoft', isFallbackAdapter: true });
    expect((await check(AGENTS.linuxChrome, { gpu: fallback })).isSoftware).toBe(true);
  });

  test('tells an insecure page, a missing WebGPU and a missing graphics card apart', async () => {
    expect((await check(AGENTS.linuxChrome, { isSecureContext: false, gpu: undefined })).problem).toBe('insecure');
    expect((await check(AGENTS.linuxChrome, { gpu: undefined })).problem).toBe('missing');
    expect((await check(AGENTS.linuxChrome, { gpu: noAdapter })).problem).toBe('adapter');
    const refuses = { requestAdapter: () => Promise.reject(new TypeError('forbidden')) };
    expect((await check(AGENTS.linuxChrome, { gpu: refuses })).problem).toBe('adapter');
  });

  test('offers the processor only where llama.cpp can run: on a secure page, with a WebAssembly that has room', async () => {
    expect(await check(AGENTS.linuxChrome, { gpu: undefined })).toMatchObject({ hasProcessor: true });
    expect(await check(AGENTS.macSafari, { gpu: undefined, hasMemory64: false })).toMatchObject({
      hasProcessor: false,
    });
    expect(await check(AGENTS.linuxChrome, { isSecureContext: false })).toMatchObject({ hasProcessor: false });
  });

  test('knows an iPad that calls itself a Mac by its fingers', async () => {
    expect((await check(AGENTS.macSafari)).system).toBe('mac');
    expect((await check(AGENTS.macSafari, { maxTouchPoints: 5 })).system).toBe('ios');
  });
});

test.each([
  [AGENTS.linuxChrome, /chrome:\/\/flags/],
  [AGENTS.windowsFirefox, /Chrome or Edge 124/],
  [AGENTS.macSafari, /Safari 26/],
  [AGENTS.androidChrome, /Android/],
])('says what to do on %s', async (userAgent, advice) => {
  const device = await check(userAgent, { gpu: undefined });
  expect(deviceWords({ ...device, problem: 'missing' }).advice).toMatch(advice);
});

test('has no words where there is a graphics card, or before anybody looked', async () => {
  expect(noGpuWords(null)).toBeNull();
  expect(noGpuWords(await check(AGENTS.linuxChrome))).toBeNull();
  expect(noGpuWords(await check(AGENTS.linuxChrome, { gpu: noAdapter }))?.why).toMatch(/no graphics card/);
});
