import { afterEach, expect, test, vi } from 'vitest';
import { dequantize } from '#formats/gguf/dequantize.ts';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { packedFormatOf, type PackedFormat } from '#formats/packed/format.ts';
import { unpackRow } from '#formats/packed/unpack.ts';
import { contentHashOf } from '#weights/import/content-hash.ts';
import { importInWorker } from '#weights/import/import-client.ts';
import { importModel } from '#weights/import/import-model.ts';
import { createModelLibrary, importedModelOf } from '#weights/import/imported-model.ts';
import type { ImportProgress, ImportRequest } from '#weights/import/messages.ts';
import { deleteModel, withImportLock } from '#weights/import/model-lock.ts';
import type { TensorRecord } from '#weights/import/plan.ts';
import { fileUrl } from '#weights/store/addresses.ts';
import { plannedBytes, storedBytes, type ModelRecord } from '#weights/store/model-record.ts';
import { checkRoom } from '#weights/store/storage-errors.ts';
import { verifyModel } from '#weights/store/verify-model.ts';
import { createWeightCaches } from '#weights/store/weight-caches.ts';
import { LIBRARY_PATH, type WeightStore } from '#weights/store/weight-store.ts';
import { tinyModel, type TinyModelOptions } from '#tests/support/gguf/tiny-model.ts';
import { createImportWorker, importRequest } from '#tests/support/weights/import-request.ts';
import { closeTestStores, openTestStore, storeTiny, tamper } from '#tests/support/weights/stored-model.ts';

const urls: string[] = [];
afterEach(async () => {
  urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
  await closeTestStores();
});

const MODEL: TinyModelOptions = { types: 'Q4_1', tokenizer: 'gpt2' };
const [GGUF] = tinyModel(MODEL);
const file = (bytes = GGUF!, name = 'Tiny.Q4_1.gguf', lastModified = 1) => new File([bytes], name, { lastModified });
const fromFiles = (...files: File[]): ImportRequest['source'] => ({ kind: 'files', files });
function fromUrls(...files: File[]): ImportRequest['source'] {
  const made = files.map((one) => URL.createObjectURL(one)); // served with ranges by the browser itself
  urls.push(...made);
  return { kind: 'urls', urls: made };
}

type Options = Partial<ImportRequest> & { signal?: AbortSignal; onProgress?: (progress: ImportProgress) => void };
async function run(databaseName: string, source: ImportRequest['source'], options: Options = {}) {
  const { signal, onProgress = () => {}, ...rest } = options;
  const request = await importRequest({ source, databaseName, ...rest });
  return importInWorker(request, { createWorker: createImportWorker, signal, onProgress });
}

/** Ends the worker as a closed tab does, once half of the chunks are stored. */
async function killed(databaseName: string, source: ImportRequest['source'], options: Options): Promise<void> {
  const controller = new AbortController();
  const onProgress = ({ stage, doneBytes, totalBytes }: ImportProgress) => {
    if (stage === 'disk' && doneBytes > totalBytes / 2) controller.abort('killed');
  };
  await expect(run(databaseName, source, { ...options, signal: controller.signal, onProgress })).rejects.toBe('killed');
}

async function tensorsOf(store: WeightStore, record: ModelRecord) {
  const text = async (path: string) => {
    const { sizeBytes } = record.files.find((one) => one.path === path)!;
    return new TextDecoder().decode(await store.readRange(record, path, 0, sizeBytes));
  };
  const cache = JSON.parse(await text('tensor-cache.json')) as {
    records: { dataPath: string; records: TensorRecord[] }[];
  };
  return {
    text,
    tensors: cache.records.flatMap(({ dataPath, records }) => records.map((one) => ({ ...one, dataPath }))),
  };
}

test.each([
  ['a file', (...files: File[]) => fromFiles(...files)],
  ['an address', (...files: File[]) => fromUrls(...files)],
])('imports a model from %s: every weight arrives as it was', async (_what, from) => {
  const { store, name } = openTestStore();
  const progress: ImportProgress[] = [];
  const result = await run(name, from(file()), { onProgress: (one) => progress.push(one), chunkBytes: 100_000 });
  expect(result.isNew).toBe(true);
  const record = (await store.describe(result.key))!;
  expect(record.state).toBe('complete');
  const { tensors, text } = await tensorsOf(store, record);
  const header = parseGgufHeader(GGUF!, GGUF!.length)!;
  expect(tensors.length).toBe(header.tensors.length);
  for (const { name: tensorName, dataPath, byteOffset, nbytes } of tensors) {
    const { type, dimensions, offset, sizeBytes } = header.tensors.find((one) => one.name === tensorName)!;
    const [k = 1, rows = 1] = dimensions;
    const stored = await store.readRange(record, dataPath, byteOffset, nbytes);
    const expected = dequantize(type, GGUF!.slice(offset, offset + sizeBytes), k * rows);
    const got = rows === 1 ? new Float32Array(stored.buffer) : unpackAll(packedFormatOf(type), stored, rows, k);
    expect(firstDifference(got, expected), tensorName).toBeNull();
  }
  expect(JSON.parse(await text('mlc-chat-config.json'))).toMatchObject({ context_window_size: 512, vocab_size: 384 });
  expect(JSON.parse(await text('tokenizer.json'))).toHaveProperty('model');
  const library = await store.readRange(record, LIBRARY_PATH, 0, 8);
  expect(WebAssembly.validate(await whole(store, record, LIBRARY_PATH))).toBe(true);
  expect([...library.subarray(0, 4)]).toEqual([0, 0x61, 0x73, 0x6d]);
  expect((await verifyModel(store, result.key)).damage).toEqual([]);

  expect(progress[0]!.stage).toBe('header');
  for (const stage of ['network', 'disk'] as const) {
    const counts = progress.filter((one) => one.stage === stage);
    expect(counts[0]!.doneBytes).toBe(0);
    expect(counts.at(-1)!.doneBytes).toBe(counts.at(-1)!.totalBytes);
    expect(counts.every(({ doneBytes }, at) => at === 0 || doneBytes >= counts[at - 1]!.doneBytes)).toBe(true);
  }
});

test('the record says what the model is, and its library can be made again from it', async () => {
  const { store, name } = openTestStore();
  const knownAnswers = [{ prompt: [1, 2], continuation: [3] }];
  const { key } = await run(name, fromFiles(file()), { knownAnswers, name: 'My Tiny!' });
  expect(key).toMatch(/^my-tiny-[0-9a-f]{16}$/);
  const record = (await store.describe(key))!;
  const imported = importedModelOf(record);
  expect(imported).toMatchObject({ architecture: 'llama', title: 'Tiny', knownAnswers, sourceBytes: GGUF!.length });
  const parameterCount = 2 * (2 * 256 + 256 * 64 * 2 + 256 * 256 * 2 + 3 * 256 * 512) + 256 + 2 * 384 * 256;
  expect(imported.parameterCount).toBe(parameterCount);
  const { library } = await importRequest({ source: fromFiles(), databaseName: name });
  const stored = await whole(store, record, LIBRARY_PATH);
  expect(createModelLibrary(imported.model, 'serial', library.runtimeWasm)).toEqual(stored);
  const other = createModelLibrary(imported.model, 'parallel', library.runtimeWasm);
  expect(other).not.toEqual(stored);
  await store.replaceModelLibrary(key, other, { version: 'test', profile: 'parallel' });
  expect(await whole(store, (await store.describe(key))!, LIBRARY_PATH)).toEqual(other);
});

test('the same model a second time is there at once, and another file is another model', async () => {
  const { name } = openTestStore();
  const first = await run(name, fromFiles(file()));
  expect(await run(name, fromFiles(file()))).toEqual({ key: first.key, isNew: false, readBytes: 0 });
  const changed = await run(name, fromFiles(file(GGUF, 'Tiny.Q4_1.gguf', 2)));
  expect(changed.isNew).toBe(true);
  expect(changed.key).not.toBe(first.key);
});

test('an identity stands for the bytes: neither place nor network matter', async () => {
  const { name } = openTestStore();
  const first = await run(name, fromFiles(file()), { identity: 'catalog tiny 1' });
  const nowhere = { kind: 'urls', urls: ['https://nowhere.invalid/tiny.gguf'] } as const;
  expect(await run(name, nowhere, { identity: 'catalog tiny 1' })).toEqual({ ...first, isNew: false, readBytes: 0 });
});

test('a model from an address is found when the address cannot be reached any more', async () => {
  const { name } = openTestStore();
  const source = fromUrls(file());
  const first = await run(name, source);
  urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
  const retry = { attempts: 1, firstAttempts: 1, firstDelayMs: 1, maxDelayMs: 1, maxRetryAfterMs: 1, stallMs: 1000 };
  expect(await run(name, source, { retry })).toEqual({ ...first, isNew: false, readBytes: 0 });
  const other = { kind: 'urls', urls: [`blob:${location.origin}/00000000-0000-0000-0000-000000000000`] } as const;
  await expect(run(name, other, { retry })).rejects.toMatchObject({ code: 'source-unreachable' });
});

test('the next source of a model is taken, until something of one is stored', async () => {
  const { store, name } = openTestStore();
  const identity = 'tiny@1';
  const gone = { kind: 'urls', urls: [`blob:${location.origin}/00000000-0000-0000-0000-000000000000`] } as const;
  const retry = { attempts: 1, firstAttempts: 1, firstDelayMs: 1, maxDelayMs: 1, maxRetryAfterMs: 1, stallMs: 1000 };
  const second = fromUrls(file());
  const alternatives = [second] as ImportRequest['alternatives'];
  const options = { identity, alternatives: alternatives!, retry, chunkBytes: 60_000 };
  await killed(name, gone, options);
  // The second source has begun, and is gone now. The first is back, and is not begun beside it.
  const back = fromUrls(file(tinyModel({ ...MODEL, seed: 2, context: 256 })[0]));
  const here = urls.splice(0, 1)[0]!;
  URL.revokeObjectURL(here);
  const [begun] = await store.list();
  expect(begun).toMatchObject({ state: 'importing', locators: [here] });
  await expect(run(name, back, options)).rejects.toMatchObject({
    code: 'import-waits',
    details: { key: begun!.key, storedBytes: storedBytes(begun!) },
  });
  expect(await store.list()).toEqual([begun]);
});

test('a mirror serves the import, and a file of another length is none', async () => {
  const { store, name } = openTestStore();
  const retry = { attempts: 1, firstAttempts: 1, firstDelayMs: 1, maxDelayMs: 1, maxRetryAfterMs: 1, stallMs: 1000 };
  const gone = `blob:${location.origin}/00000000-0000-0000-0000-000000000000`;
  const { urls: made } = fromUrls(file()) as { urls: readonly string[] };
  const mirrored = (sizeBytes: number) => ({ kind: 'urls', urls: [{ urls: [gone, ...made], sizeBytes }] }) as const;
  await expect(run(name, mirrored(GGUF!.length + 1), { retry })).rejects.toMatchObject({ code: 'source-differs' });
  expect(await store.list()).toEqual([]);
  const { key } = await run(name, mirrored(GGUF!.length), { retry });
  expect((await store.describe(key))!.locators).toEqual(made);
  expect((await verifyModel(store, key)).damage).toEqual([]);
});

test('a model is held against the content hash that its source is known by, and erased where it has another', async () => {
  const { store, name } = openTestStore();
  // The same header; one bit of one weight differs.
  const changed = GGUF!.slice();
  changed[changed.length - 5]! ^= 1;
  const hashOf = async (key: string) => contentHashOf((await store.describe(key))!);
  const contentHash = (await hashOf((await run(name, fromUrls(file()), { chunkBytes: 60_000 })).key))!;
  expect(contentHash).toMatch(/^\d+-[0-9a-f]{64}$/);
  const pinned = (bytes: typeof changed, hash = contentHash) => ({ ...fromUrls(file(bytes)), contentHash: hash });
  const options = { identity: 'tiny@1', name: 'Tiny', chunkBytes: 60_000 };

  await expect(run(name, pinned(changed), options)).rejects.toMatchObject({
    code: 'import-content',
    details: { expected: contentHash, found: expect.not.stringContaining(contentHash) as string },
  });
  expect((await store.list()).map(({ identity }) => identity)).not.toContain('tiny@1');

  await killed(name, pinned(GGUF!), options);
  const { key } = await run(name, pinned(GGUF!), options);
  expect(await hashOf(key)).toBe(contentHash);
  await store.forget(key, [{ path: 'params_shard_0.bin', index: 0 }]);
  expect(await hashOf(key)).toBeNull();

  // What another version of the layout would have cannot be compared.
  const other = contentHash.replace(/^\d+/, '999');
  expect(await run(name, pinned(changed, other), { identity: 'tiny@2' })).toMatchObject({ isNew: true });
});

test('an import does not go on in a file that was replaced under the same name', async () => {
  const { store, name } = openTestStore();
  const options = { identity: 'tiny@1', name: 'Tiny', chunkBytes: 60_000 };
  await killed(name, fromUrls(file()), options);
  const [begun] = await store.list();
  // The same header, so the same model by name; other weights.
  const replaced = GGUF!.map((byte, at) => (at > GGUF!.length / 4 && byte < 0x38 ? byte ^ 1 : byte));
  await expect(run(name, fromUrls(file(replaced)), options)).rejects.toMatchObject({
    code: 'import-differs',
    details: { key: begun!.key },
  });
  expect(storedBytes((await store.describe(begun!.key))!)).toBe(storedBytes(begun!));
  const { key } = await run(name, fromUrls(file()), options);
  expect(key).toBe(begun!.key);
  expect((await verifyModel(store, key)).damage).toEqual([]);
});

test('a split model is imported from its files in any order, and not from some of them', async () => {
  const { store, name } = openTestStore();
  const pieces = tinyModel({ ...MODEL, splits: 3 }).map((bytes, index) =>
    file(bytes, `t-0000${index + 1}-of-00003.gguf`),
  );
  const { key } = await run(name, fromFiles(pieces[2]!, pieces[0]!, pieces[1]!));
  expect((await store.describe(key))!.name).toBe('t');
  const whole = await run(name, fromFiles(file()));
  const [a, b] = [await allTensors(store, key), await allTensors(store, whole.key)];
  expect(a).toEqual(b);
  await expect(run(name, fromFiles(pieces[0]!, pieces[1]!))).rejects.toMatchObject({ code: 'import-files' });
  await expect(run(name, fromFiles(pieces[0]!, pieces[1]!, pieces[1]!))).rejects.toMatchObject({
    code: 'import-files',
  });
  const strangers = tinyModel({ ...MODEL, splits: 3, layers: 3 }).map((bytes) => file(bytes, 't-00002-of-00003.gguf'));
  await expect(run(name, fromFiles(pieces[0]!, strangers[0]!, pieces[2]!))).rejects.toMatchObject({
    code: 'gguf-split',
  });
});

test.each([1, 3])('an import killed after %d chunks goes on there and reads nothing twice', async (kills) => {
  const { store, name } = openTestStore();
  const chunkBytes = 60_000;
  const totals = { network: 0, disk: 0 };
  let done = 0;
  for (let kill = 0; kill < kills; kill++) {
    const controller = new AbortController();
    const reason = new Error('killed');
    const onProgress = ({ stage, doneBytes, totalBytes }: ImportProgress) => {
      if (stage === 'network' || stage === 'disk') totals[stage] = totalBytes;
      if (stage === 'disk' && doneBytes > done) {
        done = doneBytes;
        controller.abort(reason); // ends the worker in the middle of the next chunk
      }
    };
    await expect(run(name, fromFiles(file()), { chunkBytes, signal: controller.signal, onProgress })).rejects.toBe(
      reason,
    );
    expect((await store.list()).map(({ state }) => state)).toEqual(['importing']);
  }
  const [begun] = await store.list();
  const kept = begun!.files.flatMap(({ chunks }) => chunks).filter(({ sha256 }) => sha256 !== null).length;
  expect(kept).toBeGreaterThanOrEqual(kills);
  // Half a model is no model.
  const caches = createWeightCaches(store, { bytesRead: 0, reads: 0 });
  const cache = await caches.open('webllm/model');
  expect(await cache.keys()).toEqual([]);
  expect(await cache.match(fileUrl(begun!.key, begun!.files[0]!.path))).toBeUndefined();

  const first: Record<string, number> = {};
  const result = await run(name, fromFiles(file()), {
    chunkBytes,
    onProgress: ({ stage, doneBytes }) => (first[stage] ??= doneBytes),
  });
  expect(result).toMatchObject({ key: begun!.key, isNew: true });
  expect(first['disk']).toBeGreaterThanOrEqual(done);
  expect(result.readBytes).toBe(totals.network - first['network']!);
  expect(result.readBytes).toBeLessThan(totals.network);
  expect((await verifyModel(store, result.key)).damage).toEqual([]);
  const { name: fresh, store: other } = openTestStore();
  const direct = await run(fresh, fromFiles(file()), { chunkBytes });
  expect(await allTensors(store, result.key)).toEqual(await allTensors(other, direct.key));
});

test('only a damaged chunk is brought anew', async () => {
  const { store, name } = openTestStore();
  const chunkBytes = 60_000;
  const { key, readBytes } = await run(name, fromFiles(file()), { chunkBytes });
  const path = 'params_shard_2.bin';
  await tamper(
    name,
    { store: 'chunks', key: [key, path, 0] },
    (blob) => new Blob([new Uint8Array((blob as Blob).size)]),
  );
  const { damage } = await verifyModel(store, key);
  expect(damage).toMatchObject([{ path, index: 0 }]);
  const repaired = await run(name, fromFiles(file()), { chunkBytes });
  expect(repaired).toMatchObject({ key, isNew: true });
  expect(repaired.readBytes).toBeLessThan(readBytes / 5);
  expect((await verifyModel(store, key)).damage).toEqual([]);
});

test('a newest chunk that did not reach the disk is noticed on resume', async () => {
  const { store, name } = openTestStore();
  const chunkBytes = 60_000;
  const controller = new AbortController();
  await run(name, fromFiles(file()), {
    chunkBytes,
    signal: controller.signal,
    onProgress: ({ stage, doneBytes }) => stage === 'disk' && doneBytes > 100_000 && controller.abort(),
  }).catch(() => {});
  const [begun] = await store.list();
  const stored = begun!.files.flatMap(({ path, chunks }) =>
    chunks.flatMap((c, i) => (c.sha256 ? [[path, i] as const] : [])),
  );
  const [path, index] = stored.at(-1)!;
  await tamper(name, { store: 'chunks', key: [begun!.key, path, index] }, (blob) => (blob as Blob).slice(0, 10));
  await run(name, fromFiles(file()), { chunkBytes });
  expect((await verifyModel(store, begun!.key)).damage).toEqual([]);
});

test('two tabs import a model once', async () => {
  const { name } = openTestStore();
  const stages = new Set<string>();
  const [a, b] = await Promise.all([
    run(name, fromFiles(file()), { chunkBytes: 60_000, onProgress: ({ stage }) => stages.add(stage) }),
    run(name, fromFiles(file()), { chunkBytes: 60_000, onProgress: ({ stage }) => stages.add(stage) }),
  ]);
  expect(a.key).toBe(b.key);
  expect([a.isNew, b.isNew].sort()).toEqual([false, true]);
  expect(a.readBytes * b.readBytes).toBe(0);
});

test('a model is not deleted while it is imported', async () => {
  const { store, name } = openTestStore();
  const { key } = await run(name, fromFiles(file()));
  const importing = withImportLock(
    key,
    new AbortController().signal,
    () => {},
    () => deleteModel(store, key),
  );
  await expect(importing).rejects.toMatchObject({ code: 'model-busy', details: { key } });
  expect((await store.list()).map((record) => record.key)).toEqual([key]);
  await deleteModel(store, key);
  expect(await store.list()).toEqual([]);
});

test.each<[string, () => ImportRequest['source'], string]>([
  ['a text', () => fromFiles(file(new TextEncoder().encode('<html>hello'))), 'gguf-magic'],
  ['an empty file', () => fromFiles(file(new Uint8Array(0))), 'gguf-truncated'],
  ['a cut file', () => fromFiles(file(GGUF!.slice(0, 5000))), 'gguf-truncated'],
  ['a file without its end', () => fromFiles(file(GGUF!.slice(0, -4000))), 'gguf-tensor-place'],
  ['nothing', () => fromFiles(), 'import-files'],
  ['an unknown template', () => fromFiles(file(tinyModel({ chatTemplate: '{{ x }}' })[0]!)), 'chat-template-unknown'],
])('%s is refused, leaves nothing behind and other models intact', async (_what, source, code) => {
  const { store, name } = openTestStore();
  await storeTiny(store, 'other');
  // Here without a worker, which would take longer than the refusal.
  const request = await importRequest({ source: source(), databaseName: name });
  const tools = { store, signal: new AbortController().signal, onProgress() {} };
  await expect(importModel(request, tools)).rejects.toMatchObject({ name: 'AppError', code });
  expect((await store.list()).map(({ key }) => key)).toEqual(['other']);
  expect((await verifyModel(store, 'other')).damage).toEqual([]);
});

test('weights that are no numbers end the import by name and keep nothing usable', async () => {
  const { store, name } = openTestStore();
  await storeTiny(store, 'other');
  const bytes = GGUF!.slice();
  const { offset } = parseGgufHeader(bytes, bytes.length)!.tensors.find((one) => one.name === 'blk.1.ffn_up.weight')!;
  bytes.set([0x00, 0x7c], offset);
  await expect(run(name, fromFiles(file(bytes)))).rejects.toMatchObject({ code: 'gguf-not-finite' });
  const { key } = (await store.list()).find(({ state }) => state === 'importing')!;
  expect((await verifyModel(store, 'other')).damage).toEqual([]);
  await deleteModel(store, key);
  expect((await store.list()).map((record) => record.key)).toEqual(['other']);
});

test('a disk that fills up ends the import with numbers, and it goes on when there is room', async () => {
  const { store, name } = openTestStore();
  const request = await importRequest({ source: fromFiles(file()), databaseName: name, chunkBytes: 60_000 });
  const tools = { store, signal: new AbortController().signal, onProgress() {} };
  const original = IDBObjectStore.prototype.put;
  let roomFor = 5;
  // The browser's own quota cannot be had on demand: Chromium looks at it only every half minute.
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
    if (value instanceof Blob && roomFor-- <= 0) throw new DOMException('No room.', 'QuotaExceededError');
    return original.call(this, value, key);
  });
  const error = await importModel(request, tools).catch((reason: unknown) => reason);
  put.mockRestore();
  const stored = (await store.list())[0]!;
  const restBytes = plannedBytes(stored) - storedBytes(stored);
  expect(error).toMatchObject({ code: 'storage-full', details: { neededBytes: restBytes, freeBytes: 0 } });
  expect(stored.state).toBe('importing');
  expect(storedBytes(stored)).toBeGreaterThan(200_000);
  const { isNew, readBytes, key } = await run(name, fromFiles(file()), { chunkBytes: 60_000 });
  expect(isNew).toBe(true);
  expect(readBytes).toBeLessThan(restBytes + 20_000);
  expect((await verifyModel(store, key)).damage).toEqual([]);
});

test('a model that cannot fit is refused before its first byte', async () => {
  const { store, name } = openTestStore();
  const request = await importRequest({ source: fromFiles(file()), databaseName: name });
  const stages = new Set<string>();
  const tools = {
    store,
    signal: new AbortController().signal,
    onProgress: ({ stage }: ImportProgress) => void stages.add(stage),
  };
  const estimate = vi.spyOn(navigator.storage, 'estimate');
  estimate.mockResolvedValue({ usage: 5_000_000, quota: 5_100_000 });
  await expect(importModel(request, tools)).rejects.toMatchObject({
    code: 'storage-full',
    details: { freeBytes: 100_000, quotaBytes: 5_100_000 },
  });
  expect([...stages]).toEqual(['header']);
  // Chrome's usual answer says nothing about the disk, so a larger model is tried.
  estimate.mockResolvedValue({ usage: 5_000_000, quota: 5_000_000 + 10 * 1024 ** 3 });
  await expect(checkRoom(11 * 1024 ** 3)).resolves.toBeUndefined();
  estimate.mockResolvedValue({ usage: 5_000_000, quota: 5_000_000 + 9 * 1024 ** 3 });
  await expect(checkRoom(11 * 1024 ** 3)).rejects.toMatchObject({ code: 'storage-full' });
  estimate.mockRestore();
});

test('a worker that cannot start ends the import in words', async () => {
  const { name } = openTestStore();
  const request = await importRequest({ source: fromFiles(file()), databaseName: name });
  const createWorker = () => new Worker(URL.createObjectURL(new Blob(['throw new Error("no start")'])));
  await expect(importInWorker(request, { createWorker })).rejects.toMatchObject({ code: 'import-died' });
  const reason = new Error('enough');
  await expect(importInWorker(request, { createWorker, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

function unpackAll(format: PackedFormat, bytes: Uint8Array, rows: number, k: number): Float32Array {
  const weights = new Float32Array(rows * k);
  const rowBytes = bytes.length / rows;
  for (let row = 0; row < rows; row++) {
    weights.set(unpackRow(format, bytes.subarray(row * rowBytes, (row + 1) * rowBytes), k), row * k);
  }
  return weights;
}

/** The place of the first weight that differs; null when none does. Far quicker than toEqual. */
function firstDifference(got: Float32Array, expected: Float32Array): number | null {
  if (got.length !== expected.length) return Math.min(got.length, expected.length);
  const at = got.findIndex((weight, index) => !Object.is(weight, expected[index]));
  return at < 0 ? null : at;
}

async function whole(store: WeightStore, record: ModelRecord, path: string) {
  return store.readRange(record, path, 0, record.files.find((one) => one.path === path)!.sizeBytes);
}

async function allTensors(store: WeightStore, key: string) {
  const record = (await store.describe(key))!;
  const { tensors } = await tensorsOf(store, record);
  const entries = tensors.map(async ({ name, dataPath, byteOffset, nbytes }) => {
    const bytes = await store.readRange(record, dataPath, byteOffset, nbytes);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return [name, hash.join(' ')] as const;
  });
  return new Map((await Promise.all(entries)).sort(([a], [b]) => (a < b ? -1 : 1)));
}
