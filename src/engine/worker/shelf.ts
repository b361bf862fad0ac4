import { AppError, isAppError } from '#base/errors.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';
import type { VerifyResult } from '#engine/protocol/messages.ts';
import { CATALOG } from '#engine/worker/catalog.ts';
import type { CatalogEntry } from '#engine/worker/catalog.ts';
import { siteUrls } from '#engine/worker/site-urls.ts';
import type { ModelShelf, PreparedModel, PrepareOptions } from '#engine/worker/model-source.ts';
import { TensorReader } from '#engine/worker/tensor-reader.ts';
import { importInWorker } from '#weights/import/import-client.ts';
import { createModelLibrary, importedModelOf } from '#weights/import/imported-model.ts';
import { deleteModel } from '#weights/import/model-lock.ts';
import type { ImportSource } from '#weights/import/open-sources.ts';
import { fileUrl, modelUrl } from '#weights/store/addresses.ts';
import { findFile, storedBytes } from '#weights/store/model-record.ts';
import type { ModelRecord } from '#weights/store/model-record.ts';
import { sha256 } from '#weights/store/sha256.ts';
import { verifyModel } from '#weights/store/verify-model.ts';
import { createWeightCaches } from '#weights/store/weight-caches.ts';
import type { WeightCache, WeightCaches } from '#weights/store/weight-caches.ts';
import { LIBRARY_PATH, WeightStore } from '#weights/store/weight-store.ts';

export type ShelfParts = {
  /** Below it lie `models/` and `engine/`, wherever a host puts the site. */
  readonly siteUrl: URL;
  readonly runtimeWasm: Uint8Array<ArrayBuffer>;
  readonly createImportWorker: () => Worker;
};

/** The models of the weight store and of the site. `caches` is what WebLLM must find as its CacheStorage. */
export class Shelf implements ModelShelf {
  readonly #parts: ShelfParts;
  readonly #store = new WeightStore();
  readonly reads = { bytesRead: 0, reads: 0 };
  readonly caches: WeightCaches;
  /** Of the load that reads now. */
  #reader: AbortSignal | null = null;
  /** Damage found while a model was read. It is forgotten, so that the next import brings those chunks anew. */
  #damaged: Promise<void> = Promise.resolve();

  constructor(parts: ShelfParts) {
    this.#parts = parts;
    const caches = createWeightCaches(this.#store, this.reads, {
      onDamage: ({ details: { key, path, index, reason } }) => {
        const damage = { path: String(path), index: Number(index), reason: String(reason) };
        this.#damaged = this.#store.forget(String(key), [damage]).catch(() => undefined); // the read itself fails anyway
      },
    });
    this.caches = {
      open: async (scope) => stoppable(await caches.open(scope), this.#reader),
      release: () => caches.release(),
    };
  }

  /** Whatever WebLLM opens from now on stops reading when the signal is aborted: WebLLM itself uploads to the end. */
  readFor(signal: AbortSignal): void {
    this.#reader = signal;
  }

  async prepare({ settings, profile, signal, onProgress }: PrepareOptions): Promise<PreparedModel> {
    await this.#damaged;
    const { source } = settings;
    const entry = source.kind === 'catalog' ? findEntry(source.model) : null;
    const runtimeVersion = await sha256(this.#parts.runtimeWasm);
    let record = await this.#find(source.kind === 'stored' ? source.key : null, entry);
    if (!record) {
      const from: ImportSource = entry
        ? { kind: 'urls', urls: await siteUrls(new URL(entry.path, this.#parts.siteUrl), signal) }
        : (source as ImportSource);
      const { key } = await importInWorker(
        {
          source: from,
          name: entry?.name ?? null,
          identity: entry && identityOf(entry),
          chatTemplate: settings.chatTemplate,
          library: { runtimeWasm: this.#parts.runtimeWasm, version: runtimeVersion, profile },
          knownAnswers: entry?.knownAnswers ?? [],
        },
        {
          createWorker: this.#parts.createImportWorker,
          signal,
          onProgress: ({ stage, doneBytes, totalBytes }) => {
            if (stage === 'disk') onProgress('disk', doneBytes, totalBytes);
            else if (from.kind === 'urls') onProgress('network', stage === 'network' ? doneBytes : 0, totalBytes);
          },
        },
      );
      record = await this.#store.describe(key);
      if (!record) throw new AppError('stored-model-missing', { key });
    }
    signal.throwIfAborted();
    return this.#prepared(record, entry, { settings, profile, signal, onProgress }, runtimeVersion);
  }

  async #prepared(
    record: ModelRecord,
    entry: CatalogEntry | null,
    { settings, profile }: PrepareOptions,
    version: string,
  ): Promise<PreparedModel> {
    const { key, name } = record;
    const imported = importedModelOf(record);
    // Made anew at every load, which takes milliseconds: so it always is this version's, for this adapter's kernels.
    const library = createModelLibrary(imported.model, profile, this.#parts.runtimeWasm);
    const libraryVersion = await sha256(library);
    if (findFile(record, LIBRARY_PATH)?.chunks[0]?.sha256 !== libraryVersion) {
      await this.#store.replaceModelLibrary(key, library, { version, profile });
    }
    const tensors = new TensorReader(this.#store, record);
    return {
      key,
      name,
      aliases: entry ? [entry.id] : CATALOG.filter((one) => identityOf(one) === record.identity).map(({ id }) => id),
      architecture: imported.architecture,
      parameterCount: imported.parameterCount,
      vocabularySize: imported.model.config.vocabSize,
      contextLength: imported.model.config.contextLength,
      weightBytes: imported.weightBytes,
      largestBufferBytes: imported.largestTensorBytes,
      chatFormat:
        settings.chatTemplate === null
          ? imported.chat
          : { ...imported.chat, family: matchChatTemplate(settings.chatTemplate) },
      description: imported.model,
      readTensor: (tensor) => tensors.read(tensor),
      url: modelUrl(key),
      libraryUrl: fileUrl(key, LIBRARY_PATH),
      libraryVersion: libraryVersion.slice(0, 16),
      profile,
      knownAnswers: entry?.knownAnswers ?? imported.knownAnswers,
    };
  }

  /** Damaged records are listed too, empty, so that they can be deleted. */
  async list(): Promise<ModelInfo[]> {
    const [records, damaged] = [await this.#store.list(), await this.#store.listDamaged()];
    return [...records.map(infoOf), ...damaged.map(({ details }) => ({ ...UNREADABLE, key: String(details['key']) }))];
  }

  async delete(key: string): Promise<void> {
    await deleteModel(this.#store, key);
  }

  async verify(key: string): Promise<VerifyResult> {
    const { checkedBytes, damage } = await verifyModel(this.#store, key);
    return { intact: damage.length === 0, checkedBytes, damaged: [...new Set(damage.map(({ path }) => path))] };
  }

  /** A complete model that needs no import: the named one, or the catalog's own bytes. */
  async #find(key: string | null, entry: CatalogEntry | null): Promise<ModelRecord | null> {
    if (key !== null) {
      const record = await this.#store.describe(key);
      if (!record) throw new AppError('stored-model-missing', { key });
      if (record.state !== 'complete')
        throw new AppError('stored-model-incomplete', { key, reason: 'its import has not ended' });
      return record;
    }
    if (!entry) return null;
    const records = await this.#store.list();
    return records.find(({ identity, state }) => state === 'complete' && identity === identityOf(entry)) ?? null;
  }
}

/** WebLLM takes an AbortError for an ordered end of its reload. */
function stoppable(cache: WeightCache, signal: AbortSignal | null): WeightCache {
  return {
    match(request) {
      if (signal?.aborted) throw new DOMException('The load was cancelled.', 'AbortError');
      return cache.match(request);
    },
    add: (request) => cache.add(request),
    keys: () => cache.keys(),
    delete: (request) => cache.delete(request),
  };
}

function findEntry(model: string): CatalogEntry {
  const entry = CATALOG.find(({ id }) => id === model);
  if (!entry) throw new AppError('model-unknown', { model, known: CATALOG.map(({ id }) => id).join(', ') });
  return entry;
}

const UNREADABLE: Omit<ModelInfo, 'key'> = {
  name: '',
  state: 'importing',
  storedBytes: 0,
  architecture: '',
  contextLength: 0,
  parameterCount: 0,
  source: '',
};

function infoOf(record: ModelRecord): ModelInfo {
  const { key, name, state, locators } = record;
  const known = { key, name, state, storedBytes: storedBytes(record), source: locators.join(' ') };
  try {
    const { architecture, model, parameterCount } = importedModelOf(record);
    return { ...known, architecture, contextLength: model.config.contextLength, parameterCount };
  } catch (error) {
    if (!isAppError(error, 'stored-record-invalid')) throw error;
    return { ...UNREADABLE, ...known, state: 'importing' };
  }
}

const identityOf = ({ id, sha256: hash }: CatalogEntry): string => `${id}@${hash}`;
