import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { isAppError } from '#base/errors.ts';
import { folderFiles } from '#engine/client/folder-files.ts';
import { exportModel } from '#weights/import/export-model.ts';
import { importModel } from '#weights/import/import-model.ts';
import { importedModelOf, isLoadable } from '#weights/import/imported-model.ts';
import type { ImportProgress, ImportRequest } from '#weights/import/messages.ts';
import { deleteModel } from '#weights/import/model-lock.ts';
import type { ModelRecord } from '#weights/store/model-record.ts';
import { verifyModel } from '#weights/store/verify-model.ts';
import { LIBRARY_PATH, type WeightStore } from '#weights/store/weight-store.ts';
import { tinyModel } from '#tests/support/gguf/tiny-model.ts';
import { importRequest } from '#tests/support/weights/import-request.ts';
import { closeTestStores, openTestStore, storeTiny, tamper } from '#tests/support/weights/stored-model.ts';

// Directories of the browser's own file system are real ones: the same handles that a person's choice gives.
let count = 0;
const made: string[] = [];
async function newDirectory(): Promise<FileSystemDirectoryHandle> {
  const name = `model-folder-test-${count++}`;
  made.push(name);
  return (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
}
async function removeDirectories(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  for (const name of made.splice(0)) await root.removeEntry(name, { recursive: true }).catch(() => {});
}

const GGUF = new File([tinyModel({ types: 'Q4_1', tokenizer: 'gpt2' })[0]!], 'Tiny.Q4_1.gguf', { lastModified: 1 });

async function run(
  store: WeightStore,
  source: ImportRequest['source'],
  { signal = new AbortController().signal, onProgress = () => {}, ...rest }: Partial<Run> = {},
) {
  const request = await importRequest({ source, databaseName: 'not opened', chunkBytes: 60_000, ...rest });
  return importModel(request, { store, signal, onProgress });
}
type Run = ImportRequest & { signal: AbortSignal; onProgress: (progress: ImportProgress) => void };

/** A stored model and its exported folder, for all tests that only read them. */
let exported: { record: ModelRecord; files: readonly File[] };
beforeAll(async () => {
  const { store } = openTestStore();
  const { key } = await run(store, { kind: 'files', files: [GGUF] }, { identity: 'tiny@1', name: 'Tiny' });
  const directory = await newDirectory();
  await exportModel(store, key, directory);
  const files = await folderFiles(directory);
  // In memory, since the directory is removed after the first test.
  const kept = await Promise.all(files.map(async (file) => new File([await file.arrayBuffer()], file.name)));
  exported = { record: (await store.describe(key))!, files: kept };
});
afterEach(closeTestStores);
afterEach(removeDirectories);
afterAll(removeDirectories);

const folder = (files: readonly File[] = exported.files) => ({ kind: 'folder', files }) as const;

test('a model comes out of a folder as it went in', async () => {
  const { store } = openTestStore();
  const progress: ImportProgress[] = [];
  const result = await run(store, folder(), { onProgress: (one) => progress.push(one) });
  const { record } = exported;
  expect(result).toMatchObject({ key: record.key, isNew: true });
  const found = (await store.describe(record.key))!;
  expect(isLoadable(found)).toBe(true);
  expect(found.files).toEqual(expect.arrayContaining([...record.files]));
  expect(found).toMatchObject({ name: 'Tiny', identity: 'tiny@1', locators: record.locators, layout: record.layout });
  expect(importedModelOf(found)).toEqual(importedModelOf(record));
  expect((await verifyModel(store, record.key)).damage).toEqual([]);
  const disk = progress.filter(({ stage }) => stage === 'disk');
  expect(disk[0]!.doneBytes).toBe(0);
  expect(disk.at(-1)!.doneBytes).toBe(disk.at(-1)!.totalBytes);
  // A second time it is there at once, and so it is for the catalog's entry of that name.
  expect(await run(store, folder())).toMatchObject({ isNew: false, readBytes: 0 });
  const nowhere = { kind: 'urls', urls: ['https://nowhere.invalid/tiny.gguf'] } as const;
  expect(await run(store, nowhere, { identity: 'tiny@1' })).toMatchObject({ key: record.key, isNew: false });
});

test('the library is made here, not taken from the folder', async () => {
  const { record, files } = exported;
  const { store } = openTestStore();
  const at = record.files.find(({ path }) => path === LIBRARY_PATH)!.sizeBytes;
  const bytes = new Uint8Array(await files.find(({ name }) => name === 'model-000.bin')!.arrayBuffer());
  expect([...bytes.subarray(-at, 4 - at)]).toEqual([0, 0x61, 0x73, 0x6d]); // it lies last
  const hostile = bytes.fill(7, bytes.length - at);
  await run(store, folder(withFile('model-000.bin', hostile)));
  expect((await verifyModel(store, record.key)).damage).toEqual([]);
  const library = (await store.describe(record.key))!.files.find(({ path }) => path === LIBRARY_PATH);
  expect(library).toEqual(record.files.find(({ path }) => path === LIBRARY_PATH));
});

test('an export goes on where it was, and writes nothing twice', async () => {
  const { store, name } = openTestStore();
  const { key } = await run(store, { kind: 'files', files: [GGUF] });
  const directory = await newDirectory();
  const abort = new AbortController();
  const reason = new Error('enough');
  const onProgress = (done: number, total: number) => done > total / 2 && abort.abort(reason);
  await expect(exportModel(store, key, directory, { signal: abort.signal, onProgress })).rejects.toBe(reason);
  const inside = await directory.getDirectoryHandle(key);
  expect(await namesIn(inside)).not.toContain('manifest.json');

  const first = await exportModel(store, key, directory);
  expect(first).toMatchObject({ folder: key });
  expect(await namesIn(inside)).toEqual(['manifest.json', 'model-000.bin']);
  const seen: number[] = [];
  const again = await exportModel(store, key, inside, { onProgress: (done) => seen.push(done) });
  expect(again).toEqual({ ...first, writtenBytes: 0 });
  expect(seen.at(-1)).toBe(first.sizeBytes);

  // A damaged file is noticed and written anew.
  const handle = await inside.getFileHandle('model-000.bin');
  const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
  bytes[1234]! ^= 1;
  const stream = await handle.createWritable();
  await stream.write(bytes);
  await stream.close();
  expect((await exportModel(store, key, directory)).writtenBytes).toBe(first.sizeBytes);
  expect((await run(openTestStore().store, folder(await folderFiles(directory)))).isNew).toBe(true);

  // What is damaged in the store is not exported.
  const { path } = (await store.describe(key))!.files[0]!;
  await tamper(
    name,
    { store: 'chunks', key: [key, path, 0] },
    (blob) => new Blob([new Uint8Array((blob as Blob).size)]),
  );
  await expect(exportModel(store, key, await newDirectory())).rejects.toMatchObject({ code: 'stored-chunk-damaged' });
});

test('what cannot be exported is said', async () => {
  const { store } = openTestStore();
  const directory = await newDirectory();
  await expect(exportModel(store, 'none', directory)).rejects.toMatchObject({ code: 'stored-model-missing' });
  await storeTiny(store); // of a layout that is none
  await expect(exportModel(store, 'tiny', directory)).rejects.toMatchObject({ code: 'stored-model-incomplete' });
  const { key } = await run(store, { kind: 'files', files: [GGUF] });
  await directory.getFileHandle(key, { create: true }); // a file stands where the folder should be
  await expect(exportModel(store, key, directory)).rejects.toMatchObject({
    code: 'export-failed',
    details: { name: key },
  });
});

test('a model is not deleted while it is exported', async () => {
  const { store } = openTestStore();
  const { key } = await run(store, { kind: 'files', files: [GGUF] });
  let deleting: Promise<unknown> | undefined;
  const onProgress = () => (deleting ??= deleteModel(store, key).catch((error: unknown) => error));
  await exportModel(store, key, await newDirectory(), { onProgress });
  expect(await deleting).toMatchObject({ code: 'model-busy' });
  await deleteModel(store, key);
});

test('a damaged folder keeps what was good, and a sound one brings the rest', async () => {
  const { store } = openTestStore();
  await storeTiny(store, 'other');
  const bytes = new Uint8Array(await exported.files.find(({ name }) => name === 'model-000.bin')!.arrayBuffer());
  const half = exported.record.files[2]!.sizeBytes + exported.record.files[1]!.sizeBytes + 70_000;
  bytes[half]! ^= 1;
  await expect(run(store, folder(withFile('model-000.bin', bytes)))).rejects.toMatchObject({
    code: 'folder-file',
    details: { name: 'model-000.bin' },
  });
  expect((await store.describe(exported.record.key))!.state).toBe('importing');
  const whole = (await run(openTestStore().store, folder())).readBytes;
  const rest = await run(store, folder());
  expect(rest.isNew).toBe(true);
  expect(rest.readBytes).toBeGreaterThan(0);
  expect(rest.readBytes).toBeLessThan(whole);
  expect((await verifyModel(store, exported.record.key)).damage).toEqual([]);
  expect((await verifyModel(store, 'other')).damage).toEqual([]);
});

test('an import stopped half-way goes on, from the folder or from the source', async () => {
  const { store } = openTestStore();
  const abort = new AbortController();
  const onProgress = ({ stage, doneBytes, totalBytes }: ImportProgress) => {
    if (stage === 'disk' && doneBytes > totalBytes / 2) abort.abort('enough');
  };
  await expect(run(store, folder(), { signal: abort.signal, onProgress })).rejects.toBe('enough');
  const source = { kind: 'files', files: [GGUF] } as const;
  const { key, readBytes } = await run(store, source, { identity: 'tiny@1', name: 'Tiny' });
  expect(key).toBe(exported.record.key);
  expect(readBytes).toBeLessThan(GGUF.size / 2);
  expect((await verifyModel(store, key)).damage).toEqual([]);
});

test('chunks of another source are not mixed with those of the folder', async () => {
  const { store } = openTestStore();
  // The same header and name, other weights: an import of them that has begun.
  const bytes = new Uint8Array(await GGUF.arrayBuffer());
  const replaced = bytes.map((byte, at) => (at > bytes.length / 4 && byte < 0x38 ? byte ^ 1 : byte));
  const abort = new AbortController();
  const onProgress = ({ stage, doneBytes, totalBytes }: ImportProgress) => {
    if (stage === 'disk' && doneBytes > totalBytes / 2) abort.abort('enough');
  };
  const source = { kind: 'files', files: [new File([replaced], GGUF.name)] } as const;
  const named = { identity: 'tiny@1', name: 'Tiny' };
  await expect(run(store, source, { ...named, signal: abort.signal, onProgress })).rejects.toBe('enough');
  await run(store, folder());
  const record = (await store.describe(exported.record.key))!;
  expect(record.files).toEqual(expect.arrayContaining([...exported.record.files]));
  expect((await verifyModel(store, record.key)).damage).toEqual([]);
});

test.each<[string, () => readonly File[], string]>([
  ['without its manifest', () => exported.files.filter(({ name }) => name !== 'manifest.json'), 'folder-invalid'],
  ['without a file', () => exported.files.filter(({ name }) => name === 'manifest.json'), 'folder-file'],
  ['with a short file', () => withFile('model-000.bin', new Uint8Array(100)), 'folder-file'],
  ['with two manifests', () => [...exported.files, ...exported.files], 'import-files'],
  ['with a manifest that is too long', () => withFile('manifest.json', new Uint8Array(17 << 20)), 'folder-invalid'],
  ['that is empty', () => [], 'folder-invalid'],
])('a folder %s is refused and leaves nothing behind', async (_what, files, code) => {
  const { store } = openTestStore();
  await expect(run(store, folder(files()))).rejects.toMatchObject({ code });
  expect(await store.list()).toEqual([]);
});

type Hostile = {
  format: unknown;
  version: unknown;
  files: { name: string; sizeBytes: number }[];
  record: HostileRecord;
};
type HostileRecord = Record<string, unknown> & {
  files: { path: string; kind: string; sizeBytes: number; chunks: { sizeBytes: number; sha256: unknown }[] }[];
  description: Record<string, unknown> & {
    model: { config: Record<string, unknown>; matrices: Record<string, unknown>[] };
    chat: Record<string, unknown>;
  };
};

test.each<[string, (manifest: Hostile) => unknown]>([
  ['another format', (m) => (m.format = 'zip')],
  ['a later version', (m) => (m.version = 2)],
  ['no record', (m) => (m.record = null as never)],
  ['a key that is a path', (m) => (m.record['key'] = '../../etc')],
  ["another model's key", (m) => (m.record['key'] = 'smollm2-0123456789abcdef')],
  ['another name', (m) => (m.record['name'] = 'Other')],
  ['another identity', (m) => (m.record['identity'] = 'solar@1')],
  ['an unfinished state', (m) => (m.record['state'] = 'importing')],
  ['another layout', (m) => (m.record['layout'] = '1-0123456789abcdef')],
  ['a newer layout', (m) => (m.record['layout'] = '999-0123456789abcdef')],
  ['a path that climbs', (m) => (m.record.files[0]!.path = '../shard')],
  ['a path twice', (m) => (m.record.files[1]!.path = m.record.files[0]!.path)],
  ['a chunk of a terabyte', (m) => (m.record.files[0]!.chunks[0]!.sizeBytes = 2 ** 40)],
  ['a negative chunk', (m) => (m.record.files[0]!.chunks[0]!.sizeBytes = -1)],
  ['a chunk without a hash', (m) => (m.record.files[0]!.chunks[0]!.sha256 = null)],
  ['a chunk with a short hash', (m) => (m.record.files[0]!.chunks[0]!.sha256 = 'abc')],
  ['another list of files', (m) => (m.files[0]!.name = 'other.bin')],
  ['no description', (m) => (m.record['description'] = null as never)],
  ['a million layers', (m) => (m.record.description.model.config['layerCount'] = 1e6)],
  ['one layer more', (m) => (m.record.description.model.config['layerCount'] = 3)],
  ['code for a number', (m) => (m.record.description.model.config['rmsEpsilon'] = '1.0; } fn main() {')],
  ['an unknown weight format', (m) => (m.record.description.model.matrices[0]!['format'] = '__proto__')],
  ['rows of a huge matrix', (m) => (m.record.description.model.matrices[0]!['rows'] = 2 ** 30)],
  ['a matrix too few', (m) => m.record.description.model.matrices.pop()],
  ['an unknown chat template', (m) => (m.record.description['chatTemplate'] = '{{ x }}')],
  ['ids that are none', (m) => (m.record.description.chat['stopIds'] = ['a'])],
  ['another header hash', (m) => (m.record.description['headerSha256'] = 'b'.repeat(64))],
  ['no tokenizer', (m) => (m.record.files = m.record.files.filter(({ path }) => path !== 'tokenizer.json'))],
])('a manifest with %s is refused and leaves what is stored intact', async (_what, change) => {
  const { store } = openTestStore();
  await storeTiny(store, 'other');
  const text = await exported.files.find(({ name }) => name === 'manifest.json')!.text();
  const manifest = JSON.parse(text) as Hostile;
  change(manifest);
  const files = withFile('manifest.json', new TextEncoder().encode(JSON.stringify(manifest)));
  const error = await run(store, folder(files)).catch((reason: unknown) => reason);
  expect(isAppError(error), String(error)).toBe(true);
  expect(['folder-invalid', 'folder-file']).toContain((error as { code: string }).code);
  expect((await store.list()).map(({ key }) => key)).toEqual(['other']);
});

test('the files of a folder are found in it, beside other things', async () => {
  const parent = await newDirectory();
  await expect(folderFiles(parent)).rejects.toMatchObject({ code: 'import-files' });
  const write = async (directory: FileSystemDirectoryHandle, name: string) => {
    const stream = await (await directory.getFileHandle(name, { create: true })).createWritable();
    await stream.close();
  };
  await write(parent, 'holiday.jpg');
  const model = await parent.getDirectoryHandle('model', { create: true });
  await write(model, 'manifest.json');
  await write(model, 'model-000.bin');
  const names = async (from: FileSystemDirectoryHandle) => (await folderFiles(from)).map(({ name }) => name).sort();
  expect(await names(parent)).toEqual(['manifest.json', 'model-000.bin']);
  expect(await names(model)).toEqual(['manifest.json', 'model-000.bin']);
  await write(await parent.getDirectoryHandle('second', { create: true }), 'manifest.json');
  await expect(folderFiles(parent)).rejects.toMatchObject({ code: 'import-files' });

  const inFolder = (path: string) =>
    Object.defineProperty(new File([], path.split('/').at(-1)!), 'webkitRelativePath', { value: path });
  const chosen = ['stick/a.txt', 'stick/m/MANIFEST.JSON', 'stick/m/MODEL-000.BIN'].map(inFolder);
  expect((await folderFiles(chosen)).map(({ name }) => name)).toEqual(['MANIFEST.JSON', 'MODEL-000.BIN']);
});

function withFile(name: string, bytes: Uint8Array<ArrayBuffer>): readonly File[] {
  return exported.files.map((file) => (file.name === name ? new File([bytes], name) : file));
}

async function namesIn(directory: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of directory.keys()) names.push(name);
  return names.sort();
}
