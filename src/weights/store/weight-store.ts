// Models in IndexedDB. Promises: a chunk and the mark that it is there are written together or not at all; `complete` is
// written last and flushed to disk. Any thread of the site may open a store.
import type { IDBPObjectStore } from 'idb';
import { AppError, isAppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { WeightsSchema } from './database.ts';
import {
  chunkSizes,
  createRecord,
  findFile,
  MAX_CHUNK_BYTES,
  parseModelRecord,
  plannedBytes,
  withChunk,
  type LibraryStamp,
  type ModelDraft,
  type ModelRecord,
  type StoredFile,
} from './model-record.ts';
import { sha256 } from './sha256.ts';
import { settled } from './storage-errors.ts';
import { parsedOrError, WeightReader } from './weight-reader.ts';

export const LIBRARY_PATH = 'model-library.wasm';

/** A chunk that is no good. */
export type ChunkPlace = { readonly path: string; readonly index: number };

/** Chunks of one model have keys from [key] up to, not including, [key, []]: arrays sort after texts. */
const chunksOf = (key: string, path?: string): IDBKeyRange =>
  path === undefined ? IDBKeyRange.bound([key], [key, []]) : IDBKeyRange.bound([key, path], [key, path, []]);

export class WeightStore extends WeightReader {
  /**
   * Begins a model, or goes on with it: chunks that are stored in the same layout are kept, a model in another layout is erased.
   * A complete model is returned as it is.
   */
  async begin(draft: ModelDraft): Promise<ModelRecord> {
    const wanted = createRecord(draft, Date.now());
    return this.database.run('begin a model', plannedBytes(wanted), async (db) => {
      const tx = db.transaction(['models', 'chunks'], 'readwrite', { durability: 'strict' });
      const value = await tx.objectStore('models').get(draft.key);
      const before = value === undefined ? null : parsedOrNull(draft.key, value);
      if (before?.layout === draft.layout) {
        await tx.done;
        return before;
      }
      await settled(tx.done, [
        tx.objectStore('chunks').delete(chunksOf(draft.key)),
        tx.objectStore('models').put(wanted, draft.key),
      ]);
      return wanted;
    });
  }

  /**
   * Stores one chunk of a model being imported, with its SHA-256 and the mark that it is there. The bytes are copied before
   * this returns its promise, so the buffer may be used again at once. `check` may refuse the hash by throwing.
   */
  async putChunk(
    key: string,
    path: string,
    index: number,
    bytes: Uint8Array<ArrayBuffer>,
    check?: (hash: string) => void,
  ): Promise<void> {
    const blob = new Blob([bytes]);
    weighOnCollector(blob.size);
    const hash = await sha256(bytes);
    check?.(hash);
    await this.#update('store a chunk', key, blob.size, 'relaxed', (record, { chunks }) => {
      const chunk = findFile(record, path)?.chunks[index];
      invariant(record.state === 'importing' && chunk?.sizeBytes === blob.size, `${path} ${index} was planned`);
      return [withChunk(record, path, index, hash), [chunks.put(blob, [key, path, index])]];
    });
  }

  /** Stores a small file of a model being imported, in place of one with that path. */
  async putFile(key: string, path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#writeFile(key, path, bytes, (record) => {
      invariant(record.state === 'importing', `${key} is being imported`);
      return record;
    });
  }

  /** Replaces the model library of a complete model, all at once. */
  async replaceModelLibrary(key: string, wasm: Uint8Array<ArrayBuffer>, library: LibraryStamp): Promise<void> {
    await this.#writeFile(key, LIBRARY_PATH, wasm, (record) => {
      if (record.state !== 'complete') throw new AppError('stored-model-incomplete', { key, reason: 'it is imported' });
      return { ...record, library };
    });
  }

  /** Declares a model whole, once every chunk is there. From now on it is found. */
  async complete(key: string, library: LibraryStamp): Promise<ModelRecord> {
    return this.#update('complete a model', key, 0, 'strict', (record) => {
      for (const { path, chunks } of record.files) {
        const missing = chunks.findIndex(({ sha256: hash }) => hash === null);
        if (missing >= 0)
          throw new AppError('stored-model-incomplete', { key, reason: `${path} lacks chunk ${missing}` });
      }
      return [{ ...record, state: 'complete', completedAt: Date.now(), library }, []];
    });
  }

  /** Erases a model with everything stored for it, sound or not. Nothing happens when it is not there. */
  async delete(key: string): Promise<void> {
    await this.database.run('delete a model', 0, async (db) => {
      const tx = db.transaction(['models', 'chunks'], 'readwrite', { durability: 'strict' });
      await settled(tx.done, [tx.objectStore('models').delete(key), tx.objectStore('chunks').delete(chunksOf(key))]);
    });
    await callCollector();
  }

  /** Erases chunks of models that have no record. */
  async deleteStrays(): Promise<void> {
    await this.database.run('delete what belongs to no model', 0, async (db) => {
      const tx = db.transaction(['models', 'chunks'], 'readwrite', { durability: 'strict' });
      const known = new Set(await tx.objectStore('models').getAllKeys());
      const chunks = tx.objectStore('chunks');
      let cursor = await chunks.openKeyCursor();
      const erased: Promise<unknown>[] = [];
      while (cursor) {
        const [key] = cursor.key;
        if (!known.has(key)) erased.push(chunks.delete(chunksOf(key)));
        cursor = await cursor.continue([key, [] as never, 0]); // on to the next model
      }
      await settled(tx.done, erased);
    });
  }

  /** Notes that every chunk was read and found intact. */
  async noteIntact(key: string): Promise<void> {
    await this.#update('note a check', key, 0, 'relaxed', (record) => [{ ...record, verifiedAt: Date.now() }, []]);
  }

  /** Erases chunks that are no good. The model is incomplete from then on; importing it again brings only them. */
  async forget(key: string, damage: readonly ChunkPlace[]): Promise<void> {
    await this.#update('erase damaged chunks', key, 0, 'strict', (record, { chunks }) => {
      const rest = damage.reduce((left, { path, index }) => withChunk(left, path, index, null), record);
      const erased = damage.map(({ path, index }) => chunks.delete([key, path, index]));
      return [{ ...rest, state: 'importing', completedAt: null, verifiedAt: null }, erased];
    });
  }

  async #writeFile(
    key: string,
    path: string,
    bytes: Uint8Array<ArrayBuffer>,
    change: (record: ModelRecord) => ModelRecord,
  ): Promise<void> {
    const sizes = chunkSizes(bytes.length);
    const pieces = sizes.map((size, index) => bytes.slice(index * MAX_CHUNK_BYTES, index * MAX_CHUNK_BYTES + size));
    const hashes = await Promise.all(pieces.map((piece) => sha256(piece)));
    const file: StoredFile = {
      path,
      kind: 'part',
      sizeBytes: bytes.length,
      chunks: sizes.map((sizeBytes, index) => ({ sizeBytes, sha256: hashes[index]! })),
    };
    await this.#update('store a file', key, bytes.length, 'strict', (record, { chunks }) => {
      const changed = change(record);
      const requests = [
        chunks.delete(chunksOf(key, path)),
        ...pieces.map((piece, index) => chunks.put(new Blob([piece]), [key, path, index])),
      ];
      return [{ ...changed, files: [...changed.files.filter((one) => one.path !== path), file] }, requests];
    });
  }

  /** Changes a record and what belongs to it in one transaction. `change` starts its requests and awaits nothing. */
  async #update(
    action: string,
    key: string,
    neededBytes: number,
    durability: IDBTransactionDurability,
    change: (record: ModelRecord, stores: { chunks: ChunkWriter }) => [ModelRecord, Promise<unknown>[]],
  ): Promise<ModelRecord> {
    return this.database.run(action, neededBytes, async (db) => {
      const tx = db.transaction(['models', 'chunks'], 'readwrite', { durability });
      try {
        const value = await tx.objectStore('models').get(key);
        if (value === undefined) throw new AppError('stored-model-missing', { key });
        const [record, requests] = change(parseModelRecord(key, value), { chunks: tx.objectStore('chunks') });
        await settled(tx.done, [...requests, tx.objectStore('models').put(record, key)]);
        return record;
      } catch (error) {
        tx.done.catch(() => {}); // `error` says why it ended
        abort(tx);
        throw error;
      }
    });
  }
}

type ChunkWriter = IDBPObjectStore<WeightsSchema, ('models' | 'chunks')[], 'chunks', 'readwrite'>;

function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch {
    // It ended already, which is what was wanted.
  }
}

function parsedOrNull(key: string, value: unknown): ModelRecord | null {
  const record = parsedOrError(key, value);
  return isAppError(record) ? null : record;
}

/**
 * Makes garbage that counts as much as a Blob weighs and never touches memory. To the collector a Blob is a few words, so an
 * import would pile up its Blobs in the browser process until something else calls for a collection.
 */
function weighOnCollector(bytes: number): void {
  new ArrayBuffer(bytes);
}

/** Rounds of garbage after a deletion, and the pause between two, in which the collector does what it put off. */
const COLLECTOR_ROUNDS = 6;
const COLLECTOR_PAUSE_MS = 150;

/**
 * A Blob that was read keeps its file on the disk until it is collected, also when the database has deleted it. After a check of
 * 98 MB they were on the disk for more than 10 s, and so for 2.5 s (Chromium 156). One round alone is sometimes put off by an idle worker.
 */
async function callCollector(): Promise<void> {
  for (let round = 0; round < COLLECTOR_ROUNDS; round++) {
    for (let count = 0; count < 16; count++) weighOnCollector(64 << 20);
    await new Promise((resolve) => setTimeout(resolve, COLLECTOR_PAUSE_MS));
  }
}
