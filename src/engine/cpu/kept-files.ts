// GGUF files as they are, kept for the next visit: chunks of them and one record a model, in the browser's Cache API. The weight
// store holds packed weights, which llama.cpp cannot read, and a Blob out of a cache stays on the disk until it is read. Where
// the browser keeps nothing for a page (one that is not secure), the chunks stay in memory and end with the worker.
import { AppError } from '#base/errors.ts';
import type { KnownAnswer } from '#catalog/catalog.ts';
import { storageError } from '#weights/store/storage-errors.ts';

const CACHE = 'daylight-cpu-models';
/** No address that a request could reach (RFC 2606). */
const ROOT = 'https://daylight.invalid/cpu';
const RECORD = 'record.json';

export type KeptChunk = { readonly sizeBytes: number; readonly sha256: string | null };

export type KeptModel = {
  readonly key: string;
  readonly name: string;
  /** Stands for the bytes, wherever they come from; a catalog's own where it is of one. */
  readonly identity: string;
  readonly source: string;
  readonly architecture: string;
  readonly contextLength: number;
  readonly parameterCount: number;
  readonly licence: string | null;
  readonly knownAnswers: readonly KnownAnswer[];
  readonly sizeBytes: number;
  /** Null while it is not whole. */
  readonly completedAt: number | null;
  readonly verifiedAt: number | null;
  /** By piece, in order. A chunk that is not there yet, or was found damaged, is null. */
  readonly pieces: readonly (readonly (KeptChunk | null)[])[];
};

export class KeptFiles {
  readonly #caches: CacheStorage | null;
  readonly #memory = new Map<string, Blob>();

  /** `caches` is null where the browser has none to give. */
  constructor(caches: CacheStorage | null) {
    this.#caches = caches;
  }

  /** All models, whole or not. What is no record is left out. */
  async list(): Promise<KeptModel[]> {
    const paths = await this.#reading(async (cache) =>
      cache ? (await cache.keys()).map(({ url }) => url.slice(ROOT.length + 1)) : [...this.#memory.keys()],
    );
    const records = paths.filter((path) => path.endsWith(`/${RECORD}`)).map((path) => this.find(path.split('/')[0]!));
    return (await Promise.all(records)).filter((record) => record !== null);
  }

  async find(key: string): Promise<KeptModel | null> {
    const blob = await this.#get(`${key}/${RECORD}`);
    if (!blob) return null;
    try {
      const record = JSON.parse(await blob.text()) as Partial<KeptModel>;
      return record.key === key && Array.isArray(record.pieces) ? (record as KeptModel) : null;
    } catch {
      return null; // cut off while it was written: the import begins anew
    }
  }

  /** Writes the record; chunks that it names are there already. */
  async record(model: KeptModel): Promise<void> {
    await this.#put(`${model.key}/${RECORD}`, new Blob([JSON.stringify(model)], { type: 'application/json' }));
  }

  async putChunk(key: string, piece: number, chunk: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#put(chunkPath(key, piece, chunk), new Blob([bytes]));
  }

  /** Null where the browser threw it away. */
  async chunk(key: string, piece: number, chunk: number): Promise<Blob | null> {
    return this.#get(chunkPath(key, piece, chunk));
  }

  /** The model's files; throws `stored-model-incomplete` where a chunk is missing or of another length. */
  async files({ key, pieces }: KeptModel): Promise<Blob[]> {
    return Promise.all(
      pieces.map(async (chunks, piece) => {
        const blobs = await Promise.all(chunks.map((_, index) => this.chunk(key, piece, index)));
        const missing = chunks.findIndex((chunk, index) => !chunk || blobs[index]?.size !== chunk.sizeBytes);
        if (missing < 0) return new Blob(blobs as Blob[]);
        const reason = `chunk ${missing} of piece ${piece + 1} is missing`;
        throw new AppError('stored-model-incomplete', { key, reason });
      }),
    );
  }

  async delete(key: string): Promise<void> {
    await this.#reading(async (cache) => {
      const isOf = (path: string) => path.startsWith(`${key}/`);
      for (const path of [...this.#memory.keys()].filter(isOf)) this.#memory.delete(path);
      const requests = cache ? await cache.keys() : [];
      // The record last: what is left of a broken deletion can be deleted again.
      const paths = requests.map(({ url }) => url.slice(ROOT.length + 1)).filter(isOf);
      paths.sort((a, b) => Number(a.endsWith(RECORD)) - Number(b.endsWith(RECORD)));
      for (const path of paths) await cache?.delete(`${ROOT}/${path}`);
    });
  }

  async #get(path: string): Promise<Blob | null> {
    return this.#reading(async (cache) => {
      if (!cache) return this.#memory.get(path) ?? null;
      const response = await cache.match(`${ROOT}/${path}`);
      return response ? response.blob() : null;
    });
  }

  async #put(path: string, blob: Blob): Promise<void> {
    try {
      const cache = await this.#open();
      if (cache) await cache.put(`${ROOT}/${path}`, new Response(blob));
      else this.#memory.set(path, blob);
    } catch (error) {
      throw await storageError(error, 'keep a part of the model', blob.size);
    }
  }

  async #reading<T>(read: (cache: Cache | null) => Promise<T>): Promise<T> {
    try {
      return await read(await this.#open());
    } catch (error) {
      throw await storageError(error, 'read the kept models', 0);
    }
  }

  async #open(): Promise<Cache | null> {
    return this.#caches ? this.#caches.open(CACHE) : null;
  }
}

const chunkPath = (key: string, piece: number, chunk: number): string => `${key}/${piece}/${chunk}`;
