// The site's model on a device that has no more than WebGPU promises, and too little memory for the model's own context. Both
// are real: the device is opened without any limit raised, so the browser refuses what goes beyond, and a buffer beyond the
// budget is one that the browser refuses.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSdkSite } from '#tests/e2e/sdk-site.ts';
import type { PageGlobals, SdkSite } from '#tests/e2e/sdk-site.ts';

const MODEL = 'smollm2-135m-instruct';
const DEFAULTS = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBuffersPerShaderStage: 8,
  maxUniformBuffersPerShaderStage: 12,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
};

type WorkerGlobals = typeof globalThis & {
  devices: GPUDevice[];
  /** Bytes of buffers that a device gives before it refuses. */
  budgetBytes: number;
  /** Waits for the GPU's queue. */
  waits: number;
};

let site: SdkSite;

beforeAll(async () => {
  site = await openSdkSite();
  await site.engineWorker().evaluate((limits) => {
    const scope = globalThis as WorkerGlobals;
    scope.devices = [];
    scope.budgetBytes = Infinity;
    scope.waits = 0;
    const { onSubmittedWorkDone } = GPUQueue.prototype;
    GPUQueue.prototype.onSubmittedWorkDone = function () {
      scope.waits++;
      return onSubmittedWorkDone.call(this);
    };
    const { requestAdapter } = GPU.prototype;
    GPU.prototype.requestAdapter = async function (options) {
      const adapter = (await requestAdapter.call(this, options))!;
      Object.defineProperty(adapter, 'limits', { value: limits });
      Object.defineProperty(adapter, 'features', { value: new Set() });
      const { requestDevice } = adapter;
      adapter.requestDevice = async (descriptor) => {
        const raised = { ...descriptor?.requiredLimits, ...descriptor?.requiredFeatures };
        if (Object.keys(raised).length > 0) throw new TypeError(`${JSON.stringify(raised)} was asked for`);
        const device = await requestDevice.call(adapter, descriptor);
        scope.devices.push(device);
        return device;
      };
      return adapter;
    };
    const spent = new WeakMap<GPUDevice, number>();
    const { createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const bytes = (spent.get(this) ?? 0) + descriptor.size;
      spent.set(this, bytes);
      const size = bytes > scope.budgetBytes ? this.limits.maxBufferSize + 4 : descriptor.size;
      return createBuffer.call(this, { ...descriptor, size });
    };
  }, DEFAULTS);
});
afterAll(() => site?.close());

const setBudget = (bytes: number) =>
  site.engineWorker().evaluate((given) => void ((globalThis as WorkerGlobals).budgetBytes = given), bytes);

it('loads with the longest context that the memory allows, without any limit raised, and answers', async () => {
  // 98 MB of weights and 23 KB a position: 8192 positions are too many, 4096 are not.
  await setBudget(240e6);
  const { info, text, lost } = await site.page.evaluate(async (model) => {
    const { engine } = globalThis as PageGlobals;
    const lost: string[] = [];
    engine.on('lost', ({ code }) => lost.push(code));
    const info = await engine.load({ model });
    const { choices } = await engine.completions.create({ prompt: '1, 2, 3, 4, 5,', temperature: 0, max_tokens: 2 });
    return { info, text: choices[0]!.text, lost };
  }, MODEL);
  expect(info.model).toMatchObject({ contextLength: 4096 });
  expect(info.memory.gpuBytes).toBeLessThan(240e6);
  expect(text).toBe(' 6');
  expect(lost).toEqual([]);
  const [devices, waits] = await site.engineWorker().evaluate((limits) => {
    const { devices, waits } = globalThis as WorkerGlobals;
    const names = Object.keys(limits) as (keyof typeof limits)[];
    return [devices.map((device) => names.map((name) => device.limits[name])), waits] as const;
  }, DEFAULTS);
  // 272 tensors were uploaded, twice; waits are made every 64 MiB, by the self-test, and by prefill and each token.
  expect(waits).toBeLessThan(40);
  expect(info.memory.wasmBytes).toBeLessThan(16 << 20);
  expect(devices).toEqual(Array(2).fill(Object.values(DEFAULTS)));
});

it('assesses the GPU beside a running answer and leaves everything as it was', async () => {
  const { before, during, after, trial, answer } = await site.page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const before = await engine.info();
    const answering = engine.completions.create({ prompt: 'Once', temperature: 0, max_tokens: 8, ignore_eos: true });
    const trial = await engine.assess({ bytes: 600e6, largestBufferBytes: 100e6 });
    const during = await engine.info();
    const { usage } = await answering;
    return { before, during, after: await engine.info(), trial, answer: usage!.completion_tokens };
  });
  expect(trial).toMatchObject({
    adapter: { isSoftware: true },
    reason: null,
    limits: { maxBufferSize: 2 ** 28, maxStorageBuffersPerShaderStage: 8, maxComputeWorkgroupStorageSize: 16384 },
    features: [],
    maxBufferBytes: 2 ** 27,
    triedBytes: 600e6,
  });
  // The budget is a device's: the trial has one of its own, and counts what the loaded model holds.
  expect(trial.allocatedBytes).toBeGreaterThan(before.memory.gpuBytes);
  expect(trial.allocatedBytes).toBeLessThan(600e6);
  expect(answer).toBe(8);
  expect([during, after]).toEqual([before, before]);
});

it('tries no more than is safe on a software adapter', async () => {
  await setBudget(Infinity);
  const [huge, stopped] = await site.page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const need = { bytes: 2 ** 45, largestBufferBytes: 4 };
    const abort = new AbortController();
    const stopped = engine.assess(need, { signal: abort.signal }).then(String, String);
    abort.abort('enough');
    return [await engine.assess(need), await stopped] as const;
  });
  expect(huge).toMatchObject({ triedBytes: 2 ** 30, allocatedBytes: 2 ** 30 });
  expect(stopped).toBe('enough');
});

it('keeps to a context that was asked for, and says what it would need', async () => {
  await setBudget(120e6);
  const error = await site.page.evaluate(async (model) => {
    const { engine } = globalThis as PageGlobals;
    return engine.load({ model, contextLength: 1500 }).then(String, ({ code, details }) => ({ code, details }));
  }, MODEL);
  expect(error).toMatchObject({ code: 'gpu-memory', details: { contextLength: 1500 } });
  const { neededBytes, refusedAtBytes } = (error as { details: Record<string, number> }).details;
  expect(neededBytes).toBeGreaterThan(130e6);
  expect(refusedAtBytes).toBeGreaterThan(120e6);
  expect(await site.page.evaluate(() => (globalThis as PageGlobals).engine.info())).toMatchObject({
    state: 'empty',
    model: null,
    memory: { gpuBytes: 0 },
  });
});
