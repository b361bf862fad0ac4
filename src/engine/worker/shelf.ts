import { AppError, isAppError } from '#base/errors.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { catalogIdOf, identityOf, variantName } from '#catalog/catalog.ts';
import type { CatalogModel } from '#catalog/catalog.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';
import type { ExportResult, ModelSource, VerifyResult } from '#engine/protocol/messages.ts';
import { findEntry, importSources, readCatalog } from '#engine/worker/site-catalog.ts';
import type { ImportOptions, ModelShelf, PreparedModel, PrepareOptions } from '#engine/worker/model-source.ts';
import { TensorReader } from '#engine/worker/tensor-reader.ts';
import { exportModel } from '#weights/import/export-model.ts';
import { contentHashOf } from '#weights/import/content-hash.ts';
import { importInWorker } from '#weights/import/import-client.ts';
import { createModelLibrary, importedModelOf, isLoadable } from '#weights/import/imported-model.ts';
import { deleteModel } from '#weights/import/model-lock.ts';
import { isFrom } from '#weights/import/open-sources.ts';
import type { GgufSource, ImportSource } from '#weights/import/open-sources.ts';
import { fileUrl, modelUrl } from '#weights/store/addresses.ts';
import { findFile, plannedBytes, storedBytes } from '#weights/store/model-record.ts';
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

  async prepare(options: PrepareOptions): Promise<PreparedModel> {
    await this.#damaged;
    const { source } = options.settings;
    const record = (await this.#stored(source)) ?? (await this.#import(options));
    options.signal.throwIfAborted();
    return this.#prepared(record, options);
  }

  async import(options: ImportOptions): Promise<ModelInfo> {
    await this.#damaged;
    return infoOf(await this.#import(options));
  }

  async #import({ settings, profile, signal, onProgress }: ImportOptions): Promise<ModelRecord> {
    const { runtimeWasm, siteUrl, createImportWorker } = this.#parts;
    const { source } = settings;
    const entry = source.kind === 'catalog' ? findEntry(await readCatalog(siteUrl, signal), source.model) : null;
    const [from, ...alternatives] = entry ? await this.#sourcesOf(entry, signal) : [source as ImportSource];
    const { key } = await importInWorker(
      {
        source: from!,
        alternatives: alternatives as GgufSource[],
        name: entry && variantName(entry),
        identity: entry && identityOf(entry),
        chatTemplate: settings.chatTemplate,
        library: { runtimeWasm, version: await sha256(runtimeWasm), profile },
        knownAnswers: entry?.knownAnswers ?? [],
        sampling: entry?.sampling ?? null,
      },
      {
        createWorker: createImportWorker,
        signal,
        onProgress: ({ stage, doneBytes, totalBytes }) => {
          if (stage === 'disk' || stage === 'waiting') onProgress(stage, doneBytes, totalBytes);
          else if (from!.kind === 'urls') onProgress('network', stage === 'network' ? doneBytes : 0, totalBytes);
        },
      },
    );
    const record = await this.#store.describe(key);
    if (!record) throw new AppError('stored-model-missing', { key });
    return record;
  }

  /** Where a catalog entry's bytes can be had now. What the site itself began is not begun anew elsewhere while its list is away. */
  async #sourcesOf(entry: CatalogModel, signal: AbortSignal): Promise<readonly GgufSource[]> {
    const { sources, failure } = await importSources(entry, this.#parts.siteUrl, signal);
    if (!failure) return sources;
    const begun = (await this.#store.list()).find(
      (record) => record.identity === identityOf(entry) && storedBytes(record) > 0,
    );
    if (!begun || sources.some((one) => isFrom(one, begun.locators))) return sources;
    const { url, reason } = failure.details;
    throw new AppError(
      'import-waits',
      { key: begun.key, storedBytes: storedBytes(begun), url: String(url), reason: String(reason) },
      { cause: failure },
    );
  }

  async #prepared(record: ModelRecord, { settings, profile }: PrepareOptions): Promise<PreparedModel> {
    const { key, name } = record;
    const { runtimeWasm } = this.#parts;
    const imported = importedModelOf(record);
    // Made anew at every load, which takes milliseconds: so it always is this version's, for this adapter's kernels.
    const library = createModelLibrary(imported.model, profile, runtimeWasm);
    const libraryVersion = await sha256(library);
    if (findFile(record, LIBRARY_PATH)?.chunks[0]?.sha256 !== libraryVersion) {
      await this.#store.replaceModelLibrary(key, library, { version: await sha256(runtimeWasm), profile });
    }
    const tensors = new TensorReader(this.#store, record);
    const catalogId = catalogIdOf(record.identity);
    // Matched anew too: a later version of this site may know a template better than the one that imported the model.
    const family = matchChatTemplate(settings.chatTemplate ?? imported.chatTemplate, imported.title);
    return {
      key,
      name,
      aliases: catalogId === null ? [] : [catalogId],
      architecture: imported.architecture,
      parameterCount: imported.parameterCount,
      vocabularySize: imported.model.config.vocabSize,
      contextLength: imported.model.config.contextLength,
      weightBytes: imported.weightBytes,
      largestBufferBytes: imported.largestTensorBytes,
      chatFormat: { ...imported.chat, family },
      description: imported.model,
      readTensor: (tensor) => tensors.read(tensor),
      url: modelUrl(key),
      libraryUrl: fileUrl(key, LIBRARY_PATH),
      libraryVersion: libraryVersion.slice(0, 16),
      profile,
      knownAnswers: imported.knownAnswers,
    };
  }

  /** Damaged records are listed too, empty, so that they can be deleted. */
  async list(): Promise<ModelInfo[]> {
    const [records, damaged] = [await this.#store.list(), await this.#store.listDamaged()];
    const infos = await Promise.all(records.map(infoOf));
    return [...infos, ...damaged.map(({ details }) => ({ ...UNREADABLE, key: String(details['key']) }))];
  }

  export(
    key: string,
    directory: FileSystemDirectoryHandle,
    signal: AbortSignal,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<ExportResult> {
    return exportModel(this.#store, key, directory, { signal, onProgress });
  }

  async delete(key: string): Promise<void> {
    await deleteModel(this.#store, key);
  }

  async verify(key: string): Promise<VerifyResult> {
    const { checkedBytes, damage } = await verifyModel(this.#store, key);
    return { intact: damage.length === 0, checkedBytes, damaged: [...new Set(damage.map(({ path }) => path))] };
  }

  /**
   * The model that needs no import: the named one, or one of the catalog's, which is then not asked for, so that a stored model
   * loads without a network.
   */
  async #stored(source: ModelSource): Promise<ModelRecord | null> {
    if (source.kind === 'stored') {
      const { key } = source;
      const record = await this.#store.describe(key);
      if (!record) throw new AppError('stored-model-missing', { key });
      if (isLoadable(record)) return record;
      const reason =
        record.state === 'complete' ? 'an older version of this site stored it' : 'its import has not ended';
      throw new AppError('stored-model-incomplete', { key, reason });
    }
    if (source.kind !== 'catalog') return null;
    const records = (await this.#store.list()).filter(
      (record) => isLoadable(record) && catalogIdOf(record.identity) === source.model,
    );
    return records.sort((a, b) => (b.completedAt ?? 0) - (a.completedAt ?? 0))[0] ?? null;
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

const UNREADABLE: Omit<ModelInfo, 'key'> = {
  name: '',
  state: 'importing',
  storedBytes: 0,
  totalBytes: 0,
  catalogId: null,
  licence: null,
  completedAt: null,
  verifiedAt: null,
  contentHash: null,
  architecture: '',
  contextLength: 0,
  parameterCount: 0,
  source: '',
};

async function infoOf(record: ModelRecord): Promise<ModelInfo> {
  const { key, name, state, locators, identity, completedAt, verifiedAt } = record;
  const known = {
    key,
    name,
    state,
    storedBytes: storedBytes(record),
    totalBytes: plannedBytes(record),
    source: locators.join(' '),
    catalogId: catalogIdOf(identity),
    completedAt,
    verifiedAt,
  };
  try {
    const { architecture, model, parameterCount, licence } = importedModelOf(record);
    const { contextLength } = model.config;
    const contentHash = await contentHashOf(record);
    return { ...known, architecture, contextLength, parameterCount, licence: licence.name, contentHash };
  } catch (error) {
    if (!isAppError(error, 'stored-record-invalid')) throw error;
    return { ...UNREADABLE, ...known, state: 'importing' };
  }
}
