// How a model comes and goes on a real browser: cancelled, resumed, offline, damaged, lost, dead, and refused by the self-test.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSdkSite } from '#tests/e2e/sdk-site.ts';
import type { PageGlobals, SdkSite } from '#tests/e2e/sdk-site.ts';

const MODEL = 'smollm2-135m-instruct';

/** What the tests do to the engine worker from outside, as a driver or a browser would. */
type WorkerGlobals = typeof globalThis & { devices: GPUDevice[]; corrupt: 'weights' | 'kernels' | null };

let site: SdkSite;

beforeAll(async () => {
  site = await openSdkSite();
  await site.engineWorker().evaluate(() => {
    const scope = globalThis as WorkerGlobals;
    scope.devices = [];
    scope.corrupt = null;
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      const device = await requestDevice.call(this, descriptor);
      scope.devices.push(device);
      return device;
    };
    const { writeBuffer } = GPUQueue.prototype;
    GPUQueue.prototype.writeBuffer = function (buffer, at, data, ...rest) {
      const isWeights = scope.corrupt === 'weights' && data.byteLength > 100_000;
      const bytes =
        isWeights && 'buffer' in data
          ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).map((byte) => byte ^ 0x11)
          : data;
      return writeBuffer.call(this, buffer, at, bytes as never, ...(rest as []));
    };
    const { createShaderModule } = GPUDevice.prototype;
    GPUDevice.prototype.createShaderModule = function (descriptor) {
      const isChosen = scope.corrupt === 'kernels' && /fn gate_up\w*\(/.test(descriptor.code);
      const code = isChosen ? descriptor.code.replace('run(group, wid.y, lane);', '') : descriptor.code;
      return createShaderModule.call(this, { ...descriptor, code });
    };
  });
});
afterAll(() => site?.close());

/** Loads and says how that ended: the error's code, or a short answer by the model. */
async function loadAndAsk(options: object = { model: MODEL }): Promise<string> {
  return site.page.evaluate(async (given) => {
    const { engine } = globalThis as PageGlobals;
    try {
      await engine.load({ contextLength: 128, ...given } as never);
      const { choices } = await engine.completions.create({ prompt: '1, 2, 3, 4, 5,', temperature: 0, max_tokens: 2 });
      return choices[0]!.text;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return `${String(code)}: ${message}`;
    }
  }, options);
}

const corrupt = (what: WorkerGlobals['corrupt']) =>
  site.engineWorker().evaluate((chosen) => void ((globalThis as WorkerGlobals).corrupt = chosen), what);
const stats = () => site.page.evaluate(() => (globalThis as PageGlobals).engine.stats());
const info = () => site.page.evaluate(() => (globalThis as PageGlobals).engine.info());

it('refuses everything but loading while there is no model', async () => {
  const codes = await site.page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const code = (call: Promise<unknown>) => call.then(String, (error: { code: string }) => error.code);
    return [
      await code(engine.tokenize('x')),
      await code(engine.completions.create({ prompt: 'x' })),
      await code(engine.load({ model: 'no-such-model' })),
      await code(engine.load({ stored: 'no-such-key' })),
      await code(engine.unload()),
    ];
  });
  expect(codes).toEqual(['no-model', 'no-model', 'model-unknown', 'stored-model-missing', 'undefined']);
});

it('cancels a load, keeps what was stored, and fetches only the rest', async () => {
  const stopped = await site.page.evaluate(async (model) => {
    const { engine } = globalThis as PageGlobals;
    const abort = new AbortController();
    const onProgress = ({ stage, doneBytes }: { stage: string; doneBytes: number }) => {
      if (stage === 'disk' && doneBytes > 0) abort.abort('changed my mind');
    };
    const load = engine.load({ model, onProgress, signal: abort.signal });
    const second = engine.load({ model }).then(String, (error: { code: string }) => error.code);
    const [reason, busy] = [await load.then(String, String), await second];
    return { reason, busy, models: await engine.models.list() };
  }, MODEL);
  expect(stopped.reason).toBe('changed my mind');
  expect(stopped.busy).toBe('engine-busy');
  expect(stopped.models).toMatchObject([{ state: 'importing', name: 'SmolLM2-135M-Instruct' }]);
  expect(stopped.models[0]!.storedBytes).toBeGreaterThan(0);
  const first = await site.page.evaluate(async (model) => {
    const { engine } = globalThis as PageGlobals;
    const abort = new AbortController();
    let first = -1;
    const onProgress = ({ stage, doneBytes, totalBytes }: { stage: string; doneBytes: number; totalBytes: number }) => {
      if (stage === 'disk' && totalBytes > 0 && first < 0) first = doneBytes;
      if (stage === 'upload') abort.abort('during the upload');
    };
    const reason = await engine.load({ model, onProgress, signal: abort.signal }).then(String, String);
    return { first, reason };
  }, MODEL);
  expect(first.first).toBe(stopped.models[0]!.storedBytes);
  expect(first.reason).toBe('during the upload');
});

it('loads what is stored without one request, reading each byte once', async () => {
  site.takeRequests();
  const before = await stats();
  expect(await loadAndAsk()).toBe(' 6');
  const after = await stats();
  const [stored] = await site.page.evaluate(() => (globalThis as PageGlobals).engine.models.list());
  expect(site.takeRequests()).toEqual([]);
  expect(after.networkRequests).toBe(before.networkRequests);
  expect(after.store.bytesRead - before.store.bytesRead).toBeLessThanOrEqual(stored!.storedBytes);
  expect(after.store.bytesRead - before.store.bytesRead).toBeGreaterThan(stored!.storedBytes * 0.99);
});

it('makes no buffer and no pipeline while it answers, and reads back once a token', async () => {
  const [one, five] = await site.page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const measure = async (max_tokens: number) => {
      const before = (await engine.stats()).gpu;
      await engine.completions.create({ prompt: '1, 2, 3, 4, 5,', temperature: 0, max_tokens, ignore_eos: true });
      const after = (await engine.stats()).gpu;
      const difference = (name: 'buffersCreated' | 'pipelinesCreated' | 'readbacks' | 'dispatches') =>
        after[name] - before[name];
      return [
        difference('buffersCreated'),
        difference('pipelinesCreated'),
        difference('readbacks'),
        difference('dispatches'),
      ];
    };
    await measure(2);
    return [await measure(1), await measure(5)];
  });
  expect(five!.slice(0, 2)).toEqual(one!.slice(0, 2));
  expect(five![2]! - one![2]!).toBe(4);
  expect((five![3]! - one![3]!) / 4).toBeLessThanOrEqual(30 * 6 + 8);
});

it('fails every waiting call when the device is lost, and loads again', async () => {
  const calls = site.page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const code = (call: Promise<unknown>) => call.then(String, (error: { code: string }) => error.code);
    const lost = new Promise<string>((resolve) => engine.on('lost', ({ code }) => resolve(code)));
    const request = { prompt: 'Once', max_tokens: 100, ignore_eos: true };
    const stream = await engine.completions.create({ ...request, stream: true });
    const streamed = code(
      (async () => {
        for await (const _ of stream) document.title = 'streaming';
      })(),
    );
    const waiting = code(engine.completions.create(request));
    return Promise.all([lost, streamed, waiting]);
  });
  await site.page.waitForFunction(() => document.title === 'streaming', undefined, { timeout: 120_000 });
  await site.engineWorker().evaluate(() => (globalThis as WorkerGlobals).devices.at(-1)!.destroy());
  expect(await calls).toEqual(['device-lost', 'device-lost', 'device-lost']);
  expect(await info()).toMatchObject({ state: 'lost', model: null });
  expect(
    await site.page.evaluate(() =>
      (globalThis as PageGlobals).engine.tokenize('x').catch(({ code }) => code as string),
    ),
  ).toBe('no-model');
});

it('refuses weights that reached the GPU damaged', async () => {
  await corrupt('weights');
  expect(await loadAndAsk()).toMatch(/^self-test-failed: This GPU computes wrongly: the first layer of the weights/);
  await corrupt(null);
  expect(await info()).toMatchObject({ state: 'empty', model: null, memory: { gpuBytes: 0 } });
});

it('refuses a kernel that computes something else, by its name', async () => {
  await corrupt('kernels');
  expect(await loadAndAsk()).toMatch(/^self-test-failed: This GPU computes wrongly: the kernel gate_up/);
  await corrupt(null);
});

it('fetches a damaged chunk again, and nothing else', async () => {
  await site.page.evaluate(async () => {
    const open = indexedDB.open('daylight-weights');
    const db = await new Promise<IDBDatabase>((resolve) => (open.onsuccess = () => resolve(open.result)));
    const store = db.transaction('chunks', 'readwrite').objectStore('chunks');
    const keys = await new Promise<IDBValidKey[]>((resolve) => {
      const request = store.getAllKeys();
      request.onsuccess = () => resolve(request.result);
    });
    const key = keys.find((one) => String(one).includes('params_shard_1'))!;
    const read = store.get(key);
    await new Promise<void>((resolve) => {
      read.onsuccess = () => {
        const { size } = read.result as Blob;
        store.put(new Blob([new Uint8Array(size)]), key).onsuccess = () => resolve();
      };
    });
    db.close();
  });
  const first = await site.page.evaluate(async (model) => {
    const { engine } = globalThis as PageGlobals;
    let first: { doneBytes: number; totalBytes: number } | null = null;
    await engine.load({
      model,
      contextLength: 128,
      onProgress({ stage, doneBytes, totalBytes }) {
        if (stage === 'disk') first ??= { doneBytes, totalBytes };
      },
    });
    return first as { doneBytes: number; totalBytes: number } | null;
  }, MODEL);
  // All but one chunk, of at most 32 MiB, were there.
  expect(first!.totalBytes - first!.doneBytes).toBeGreaterThan(0);
  expect(first!.totalBytes - first!.doneBytes).toBeLessThanOrEqual(32 * 1024 * 1024);
  const [model] = await site.page.evaluate(() => (globalThis as PageGlobals).engine.models.list());
  expect(model).toMatchObject({ state: 'complete' });
  const verified = await site.page.evaluate((key) => (globalThis as PageGlobals).engine.models.verify(key), model!.key);
  expect(verified).toMatchObject({ intact: true, damaged: [] });
});

it('frees the GPU when it unloads, also under a running answer', async () => {
  const { running, after } = await site.page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const running = engine.completions.create({ prompt: 'Once', max_tokens: 100, ignore_eos: true });
    const code = running.then(String, (error: { code: string }) => error.code);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await engine.unload();
    return { running: await code, after: await engine.info() };
  });
  expect(running).toBe('engine-unloaded');
  expect(after).toMatchObject({ state: 'empty', model: null, memory: { gpuBytes: 0, wasmBytes: 0 } });
  expect((await stats()).gpu).toMatchObject({ liveBuffers: 0, liveBufferBytes: 0 });
});

it('runs the page that the documentation begins with', async () => {
  const page = await site.page.context().newPage();
  await page.goto(new URL('docs-example.html', site.page.url()).href);
  await page.waitForFunction(() => document.querySelector('#answer')?.textContent, undefined, { timeout: 240_000 });
  expect(await page.textContent('#answer')).toContain('Paris');
  await page.close();
});

it('takes a model out as a folder and brings it in again', async () => {
  const result = await site.page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const { key } = (await engine.models.list())[0]!;
    const directory = await navigator.storage.getDirectory();
    const written = await engine.models.export(key, { directory });
    const again = await engine.models.export(key, { directory });
    await engine.models.delete(key);
    const folder = await directory.getDirectoryHandle(written.folder);
    const model = await engine.models.import({ folder });
    const verified = await engine.models.verify(key);
    await directory.removeEntry(written.folder, { recursive: true });
    return { key, written, again, model, verified };
  });
  const { key, written, again, model, verified } = result;
  expect(written).toMatchObject({ folder: key, writtenBytes: written.sizeBytes });
  expect(again.writtenBytes).toBe(0);
  expect(model).toMatchObject({ key, state: 'complete', catalogId: MODEL });
  expect(verified).toMatchObject({ intact: true, checkedBytes: written.sizeBytes });
});

it('deletes a model', async () => {
  const left = await site.page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    for (const { key } of await engine.models.list()) await engine.models.delete(key);
    return engine.models.list();
  });
  expect(left).toEqual([]);
});

it('tells the page when its worker is gone', async () => {
  const told = site.page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const died = new Promise<string>((resolve) => engine.on('died', ({ code }) => resolve(code)));
    document.title = 'listening';
    const code = await died;
    return [code, await engine.info().catch((error: { code: string }) => error.code)];
  });
  await site.page.waitForFunction(() => document.title === 'listening');
  await site.engineWorker().evaluate(() => globalThis.close());
  expect(await told).toEqual(['engine-died', 'engine-died']);
});

it('rejects connect() when there is no worker to be had', async () => {
  const code = await site.page.evaluate(async () => {
    const { connect } = globalThis as PageGlobals;
    return connect({ workerUrl: new URL('engine/none.js', document.baseURI) }).then(
      String,
      (error: { code: string }) => error.code,
    );
  });
  expect(code).toBe('engine-died');
});
