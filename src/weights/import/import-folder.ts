// A folder that `exportModel` wrote, back into the store. Nothing in it is believed: the manifest is checked against itself, each
// chunk against its SHA-256, and the model library, which is code, is made here and not taken from the folder.
import { AppError, isAppError } from '#base/errors.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { MAX_CHUNK_BYTES, plannedBytes, type ModelDraft, type ModelRecord } from '#weights/store/model-record.ts';
import { readBlob } from '#weights/store/read-blob.ts';
import { checkRoom } from '#weights/store/storage-errors.ts';
import { sha256 } from '#weights/store/sha256.ts';
import { LIBRARY_PATH, type WeightStore } from '#weights/store/weight-store.ts';
import { checkTensorCache, keyOf, layoutOf } from './derived-names.ts';
import type { ImportTools } from './import-model.ts';
import { createModelLibrary, importedModelOf, type ImportedModel } from './imported-model.ts';
import type { ImportRequest, ImportResult } from './messages.ts';
import {
  asFolderError,
  invalid,
  MANIFEST_NAME,
  MAX_MANIFEST_BYTES,
  parseManifest,
  planFolder,
  type FolderChunk,
} from './model-folder.ts';
import { withImportLock } from './model-lock.ts';

/** The files that WebLLM asks for beside the weights and the library. */
const PARTS = ['mlc-chat-config.json', 'tokenizer.json', 'tensor-cache.json'] as const;

/**
 * Imports the one model whose manifest is among `files`. Throws `folder-invalid` and `folder-file`; what was good until then
 * is kept, and the same folder, or the model's own source, goes on from there.
 */
export async function importFolder(
  files: readonly File[],
  { library }: Pick<ImportRequest, 'library'>,
  { store, signal, onProgress }: ImportTools,
): Promise<ImportResult> {
  const folder = await openFolder(files);
  const { record } = folder;
  const { key } = record;
  if ((await describeSound(store, key))?.state === 'complete') return { key, isNew: false, readBytes: 0 };
  const parts = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const path of PARTS) parts.set(path, await folder.readPart(path));
  await checkConsistent(record, parts);
  const imported = withOwnFamily(importedModelOf(record));
  const wasm = asFolderError(() => createModelLibrary(imported.model, library.profile, library.runtimeWasm));

  const totalBytes = plannedBytes(record);
  const onWait = () => onProgress({ stage: 'waiting', doneBytes: 0, totalBytes });
  return withImportLock(key, signal, onWait, async () => {
    let begun = await store.begin(draftOf(record, imported));
    if (begun.state === 'complete') return { key, isNew: false, readBytes: 0 };
    begun = await forgetOthers(store, begun, record);
    const weights = folder.chunks.filter((chunk) => isWeights(record, chunk));
    const missing = weights.filter((chunk) => hashIn(begun, chunk) !== chunk.sha256);
    const weightBytes = bytesOf(weights);
    let doneBytes = weightBytes - bytesOf(missing);
    await checkRoom(weightBytes - doneBytes);
    const report = () => onProgress({ stage: 'disk', doneBytes, totalBytes: weightBytes });
    report();
    for (const chunk of missing) {
      signal.throwIfAborted();
      const bytes = await folder.readChunk(chunk);
      await store.putChunk(key, chunk.path, chunk.index, bytes, (hash) => folder.checkHash(chunk, hash));
      doneBytes += chunk.sizeBytes;
      report();
    }
    for (const [path, bytes] of parts) await store.putFile(key, path, bytes);
    await store.putFile(key, LIBRARY_PATH, wasm);
    await store.complete(key, { version: library.version, profile: library.profile });
    return { key, isNew: true, readBytes: bytesOf(missing) };
  });
}

class ModelFolder {
  readonly record: ModelRecord;
  readonly chunks: readonly FolderChunk[];
  readonly #files = new Map<FolderChunk, File>();
  #buffer = new ArrayBuffer(0);

  /** All files must be there with their size: better told now than after gigabytes. */
  constructor(record: ModelRecord, find: (name: string) => File | undefined) {
    this.record = record;
    const planned = planFolder(record);
    this.chunks = planned.flatMap(({ chunks }) => chunks);
    for (const { name, sizeBytes, chunks } of planned) {
      const file = find(name);
      if (!file) throw new AppError('folder-file', { name, reason: 'it is missing' });
      if (file.size !== sizeBytes) {
        throw new AppError('folder-file', { name, reason: `it has ${file.size} of ${sizeBytes} bytes` });
      }
      for (const chunk of chunks) this.#files.set(chunk, file);
    }
  }

  /** A chunk's bytes, not checked yet; good until the next is asked for. */
  async readChunk(chunk: FolderChunk): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.#files.get(chunk)!;
    if (this.#buffer.byteLength === 0) this.#buffer = new ArrayBuffer(MAX_CHUNK_BYTES);
    const { at, sizeBytes } = chunk;
    try {
      this.#buffer = await readBlob(file.slice(at, at + sizeBytes), this.#buffer, 0);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AppError('folder-file', { name: file.name, reason }, { cause });
    }
    return new Uint8Array(this.#buffer, 0, sizeBytes);
  }

  checkHash(chunk: FolderChunk, hash: string): void {
    if (hash === chunk.sha256) return;
    const { name } = this.#files.get(chunk)!;
    const reason = `the ${chunk.sizeBytes} bytes at ${chunk.at} are not those that were exported`;
    throw new AppError('folder-file', { name, reason });
  }

  /** A small file of the model, checked. */
  async readPart(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const chunks = this.chunks.filter((chunk) => chunk.path === path);
    if (chunks.length === 0) throw invalid(path, 'missing', 'one of the files');
    const bytes = new Uint8Array(bytesOf(chunks));
    let at = 0;
    for (const chunk of chunks) {
      const piece = await this.readChunk(chunk);
      this.checkHash(chunk, await sha256(piece));
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }
}

async function openFolder(files: readonly File[]): Promise<ModelFolder> {
  // Names are compared as a FAT file system does.
  const isNamed = (name: string) => (file: File) => file.name.toLowerCase() === name;
  const manifests = files.filter(isNamed(MANIFEST_NAME));
  const [manifest] = manifests;
  if (!manifest) throw invalid(MANIFEST_NAME, 'missing', 'the folder that was exported');
  if (manifests.length > 1) {
    throw new AppError('import-files', {
      reason: `there are ${manifests.length} manifests; choose one model's folder`,
    });
  }
  if (manifest.size > MAX_MANIFEST_BYTES) {
    throw invalid(`the size of ${MANIFEST_NAME}`, String(manifest.size), `at most ${MAX_MANIFEST_BYTES} bytes`);
  }
  const text = await manifest.text().catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('folder-file', { name: MANIFEST_NAME, reason }, { cause });
  });
  return new ModelFolder(parseManifest(text), (name) => files.find(isNamed(name)));
}

/** Holds what a manifest says against what follows from it: layout, tensors and key. */
async function checkConsistent(
  record: ModelRecord,
  parts: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const imported = importedModelOf(record);
  const texts = asFolderError(() => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const decoded = Object.fromEntries(PARTS.map((path) => [path, decoder.decode(parts.get(path))]));
    for (const path of PARTS) {
      if (typeof JSON.parse(decoded[path]!) !== 'object') throw invalid(path, 'no object', 'an object');
    }
    return decoded as Record<(typeof PARTS)[number], string>;
  });
  checkTensorCache(texts['tensor-cache.json'], record, imported.model);
  const sizes = weightFiles(record).map(({ chunks }) => chunks.map(({ sizeBytes }) => sizeBytes));
  const layout = await layoutOf(sizes, texts['tensor-cache.json']);
  if (layout !== record.layout) throw invalid('its layout', record.layout, layout);
  const key = await keyOf(record.name, record.identity, imported.headerSha256);
  if (key !== record.key) throw invalid("the model's key", record.key, key);
}

/** How prompts are written follows from the template; a folder does not get to say something else. */
function withOwnFamily(imported: ImportedModel): ImportedModel {
  const family = asFolderError(() => matchChatTemplate(imported.chatTemplate, imported.title));
  return { ...imported, chat: { ...imported.chat, family } };
}

function draftOf(record: ModelRecord, description: ImportedModel): ModelDraft {
  const { key, name, identity, locators, layout } = record;
  const weights = weightFiles(record).map(({ path, chunks }) => ({
    path,
    chunkSizes: chunks.map(({ sizeBytes }) => sizeBytes),
  }));
  return { key, name, identity, locators, layout, description, weights };
}

/** Erases chunks that an import from elsewhere stored with other bytes: a model is of one source or of the other. */
async function forgetOthers(store: WeightStore, begun: ModelRecord, record: ModelRecord): Promise<ModelRecord> {
  const others = weightFiles(record).flatMap(({ path, chunks }) =>
    chunks.flatMap(({ sha256: expected }, index) => {
      const found = hashIn(begun, { path, index });
      return found !== null && found !== expected ? [{ path, index }] : [];
    }),
  );
  if (others.length === 0) return begun;
  await store.forget(begun.key, others);
  return (await store.describe(begun.key)) ?? begun;
}

/** The record of a model; null also for one that is damaged, which the import replaces. */
async function describeSound(store: WeightStore, key: string): Promise<ModelRecord | null> {
  try {
    return await store.describe(key);
  } catch (error) {
    if (isAppError(error, 'stored-record-invalid')) return null;
    throw error;
  }
}

const weightFiles = ({ files }: ModelRecord) => files.filter(({ kind }) => kind === 'weights');
const isWeights = (record: ModelRecord, { path }: FolderChunk) =>
  weightFiles(record).some((file) => file.path === path);
const hashIn = ({ files }: ModelRecord, { path, index }: { path: string; index: number }): string | null =>
  files.find((file) => file.path === path)?.chunks[index]?.sha256 ?? null;
const bytesOf = (chunks: readonly { readonly sizeBytes: number }[]): number =>
  chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
