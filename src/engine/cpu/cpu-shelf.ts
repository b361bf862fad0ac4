// The models that the CPU engine can have: those it kept, and whatever a request names.
import { AppError } from '#base/errors.ts';
import { catalogIdOf, identityOf, variantName } from '#catalog/catalog.ts';
import { importGguf, verifyGguf } from '#engine/cpu/import-gguf.ts';
import type { KeptFiles, KeptModel } from '#engine/cpu/kept-files.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';
import type { ImportSettings, VerifyResult } from '#engine/protocol/messages.ts';
import type { LoadStage } from '#engine/protocol/progress.ts';
import { findEntry, importSources, readCatalog } from '#engine/worker/site-catalog.ts';
import { openFirst } from '#weights/import/choose-source.ts';
import type { GgufSource } from '#weights/import/open-sources.ts';

export type ObtainOptions = {
  readonly settings: ImportSettings;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: LoadStage, doneBytes: number, totalBytes: number) => void;
};

export class CpuShelf {
  readonly #files: KeptFiles;
  /** Below it lie `models/`, `engine/` and catalog.json. */
  readonly #siteUrl: URL;

  constructor(files: KeptFiles, siteUrl: URL) {
    this.#files = files;
    this.#siteUrl = siteUrl;
  }

  /** The model that a request names, kept whole; brought here first where it is not. A kept one is found without a network. */
  async obtain(options: ObtainOptions): Promise<KeptModel> {
    return (await this.#kept(options.settings)) ?? (await this.#import(options));
  }

  /** Throws `stored-model-incomplete` where the browser has thrown a part away. */
  async files(model: KeptModel): Promise<Blob[]> {
    return this.#files.files(model);
  }

  async import(options: ObtainOptions): Promise<ModelInfo> {
    return infoOf(await this.obtain(options));
  }

  /** A GGUF is a file that its owner has; only what the GPU engine made of one is worth taking along. */
  export(): Promise<never> {
    return Promise.reject(new AppError('cpu-cannot', { what: 'exporting a model' }));
  }

  async list(): Promise<ModelInfo[]> {
    return (await this.#files.list()).map(infoOf);
  }

  async delete(key: string): Promise<void> {
    await this.#files.delete(key);
  }

  async verify(key: string): Promise<VerifyResult> {
    return verifyGguf(this.#files, key);
  }

  async #kept({ source }: ImportSettings): Promise<KeptModel | null> {
    if (source.kind === 'stored') {
      const { key } = source;
      const record = await this.#files.find(key);
      if (!record) throw new AppError('stored-model-missing', { key });
      if (record.completedAt !== null) return record;
      throw new AppError('stored-model-incomplete', { key, reason: 'its import has not ended' });
    }
    const whole = (await this.#files.list()).filter(({ completedAt }) => completedAt !== null);
    if (source.kind === 'catalog') return whole.find(({ identity }) => catalogIdOf(identity) === source.model) ?? null;
    return null;
  }

  async #import({ settings: { source }, signal, onProgress }: ObtainOptions): Promise<KeptModel> {
    if (source.kind === 'folder') throw new AppError('cpu-cannot', { what: 'the import of an exported folder' });
    const entry = source.kind === 'catalog' ? findEntry(await readCatalog(this.#siteUrl, signal), source.model) : null;
    const from = entry ? (await importSources(entry, this.#siteUrl, signal)).sources : [source as GgufSource];
    const sources = await openFirst(from, [], { signal });
    const isFetched = from[0]?.kind === 'urls';
    const work = () =>
      importGguf(this.#files, {
        sources,
        name: entry && variantName(entry),
        identity: entry && identityOf(entry),
        knownAnswers: entry?.knownAnswers ?? [],
        signal,
        onProgress(doneBytes, totalBytes) {
          if (isFetched) onProgress('network', doneBytes, totalBytes);
          onProgress('disk', doneBytes, totalBytes);
        },
      });
    try {
      // One importer at a time over all tabs; what another has brought meanwhile is found.
      const { locks } = navigator as { locks?: LockManager };
      return locks ? await locks.request('daylight-cpu-import', { signal }, work) : await work();
    } finally {
      for (const opened of sources) opened.close();
    }
  }
}

function infoOf(record: KeptModel): ModelInfo {
  const { key, name, architecture, contextLength, parameterCount, source, licence } = record;
  return {
    key,
    name,
    architecture,
    contextLength,
    parameterCount,
    source,
    licence,
    state: record.completedAt === null ? 'importing' : 'complete',
    storedBytes: record.pieces.flat().reduce((bytes, chunk) => bytes + (chunk?.sizeBytes ?? 0), 0),
    totalBytes: record.sizeBytes,
    catalogId: catalogIdOf(record.identity),
    completedAt: record.completedAt,
    verifiedAt: record.verifiedAt,
    contentHash: null,
  };
}
