// Models in IndexedDB. Promises: a chunk and the mark that it is there are written together or not at all; `complete` is
// written last and flushed to disk; bytes that are read were checked against the size and, unless told otherwise, the SHA-256
// they were written with. Any thread of the site may open one.
import { AppError, isAppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { IDBPObjectStore } from 'idb';
import { WeightDatabase, type WeightsSchema } from './database.ts';
import {
  chunkSizes,
  createRecord,
  findFile,
  MAX_CHUNK_BYTES,
  parseModelRecord,
  withChunk,
  type LibraryStamp,
  type ModelDraft,
  type ModelRecord,
  type StoredFile,
} from './model-record.ts';
import { sha256 } from './sha256.ts';
import { settled, storageRoom, type StorageRoom } from './storage-errors.ts';

export const LIBRARY_PATH = 'model-library.wasm';

/** A chunk that is no good. */
export type ChunkPlace = { readonly path: string; readonly index: number };

/** Chunks of one model have keys from [key] up to, not including, [key, []]: arrays sort after texts. */
const chunksOf = (key: string, path?: string): IDBKeyRange =>
  path === undefined ? IDBKeyRange.bound([key], [key, []]) : IDBKeyRange.bound([key, path], [key, path, []]);

export class WeightStore {
  readonly #database: WeightDatabase;

  /** Opens nothing yet; the first call does. */
  constructor(databaseName = 'daylight-weights') {
    this.#database = new WeightDatabase(databaseName);
  }

  close(): void {
    this.#database.close();
  }

  /** Every model with a sound record, complete or not. */
  async list(): Promise<ModelRecord[]> {
    return (await this.#records()).flatMap((record) => (isAppError(record) ? [] : [record]));
  }

  /** Why each record that cannot be used is refused; `delete` removes them by the `key` in the details. */
  async listDamaged(): Promise<AppError[]> {
    return (await this.#records()).filter((record) => isAppError(record));
  }

  /** The record of a model, complete or not; null when there is none. Throws `stored-record-invalid`. */
  async describe(key: string): Promise<ModelRecord | null> {
    return this.#database.run('read a record', 0, async (db) => {
      const value = await db.get('models', key);
      return value === undefined ? null : parseModelRecord(key, value);
    });
  }

  /**
   * Begins a model, or goes on with it: chunks that are stored in the same layout are kept, a model in another layout is erased.
   * A complete model is returned as it is.
   */
  async begin(draft: ModelDraft): Promise<ModelRecord> {
    return this.#database.run('begin a model', 0, async (db) => {
      const tx = db.transaction(['models', 'chunks'], 'readwrite', { durability: 'strict' });
      const value = await tx.objectStore('models').get(draft.key);
      const before = value === undefined ? null : parsedOrNull(draft.key, value);
      if (before?.layout === draft.layout) {
        await tx.done;
        return before;
      }
      const record = createRecord(draft, Date.now());
      await settled(tx.done, [
        tx.objectStore('chunks').delete(chunksOf(draft.key)),
        tx.objectStore('models').put(record, draft.key),
      ]);
      return record;
    });
  }

  /**
   * Stores one chunk of a model being imported, with its SHA-256 and the mark that it is there. The bytes are copied before
   * this returns its promise, so the buffer may be used again at once.
   */
  async putChunk(key: string, path: string, index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const blob = new Blob([bytes]);
    const hash = await sha256(bytes);
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
    await this.#database.run('delete a model', 0, async (db) => {
      const tx = db.transaction(['models', 'chunks'], 'readwrite', { durability: 'strict' });
      await settled(tx.done, [tx.objectStore('models').delete(key), tx.objectStore('chunks').delete(chunksOf(key))]);
    });
  }

  /** One chunk's bytes. Throws `stored-chunk-damaged` when it is missing or not what was stored; `hash: false` checks the size only. */
  async readChunk(
    record: ModelRecord,
    path: string,
    index: number,
    options: { readonly hash?: boolean } = {},
  ): Promise<ArrayBuffer> {
    const chunk = fileOf(record, path).chunks[index];
    invariant(chunk, `${path} has a chunk ${index}`);
    const damaged = (reason: string, cause?: unknown) =>
      new AppError('stored-chunk-damaged', { key: record.key, path, index, reason }, { cause });
    const blob = await this.#database.run('read a chunk', 0, (db) => db.get('chunks', [record.key, path, index]));
    if (blob === undefined) throw damaged('it is missing');
    if (!(blob instanceof Blob)) throw damaged('it is no chunk');
    if (blob.size !== chunk.sizeBytes) throw damaged(`it has ${blob.size} of ${chunk.sizeBytes} bytes`);
    let bytes: ArrayBuffer;
    try {
      bytes = await blob.arrayBuffer();
    } catch (cause) {
      throw damaged('the browser lost its bytes', cause);
    }
    if (bytes.byteLength !== chunk.sizeBytes) throw damaged(`it gave ${bytes.byteLength} of ${chunk.sizeBytes} bytes`);
    if ((options.hash ?? true) && (await sha256(bytes)) !== chunk.sha256) throw damaged('its bytes changed');
    return bytes;
  }

  /** `length` bytes of a file from `offset` on, chunks read whole and checked. */
  async readRange(record: ModelRecord, path: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = fileOf(record, path);
    invariant(offset >= 0 && length >= 0 && offset + length <= file.sizeBytes, `${path} has these bytes`);
    const bytes = new Uint8Array(length);
    let start = 0;
    for (const [index, { sizeBytes }] of file.chunks.entries()) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + sizeBytes);
      if (from < to) {
        const chunk = await this.readChunk(record, path, index);
        bytes.set(new Uint8Array(chunk, from - start, to - from), from - offset);
      }
      start += sizeBytes;
    }
    return bytes;
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

  async usage(): Promise<StorageRoom> {
    return storageRoom();
  }

  async #records(): Promise<(ModelRecord | AppError)[]> {
    return this.#database.run('list the models', 0, async (db) => {
      const tx = db.transaction('models');
      const [keys, values] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
      return values.map((value, at) => parsedOrError(String(keys[at]), value));
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
    return this.#database.run(action, neededBytes, async (db) => {
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

function fileOf(record: ModelRecord, path: string): StoredFile {
  const file = findFile(record, path);
  invariant(file, `${record.key} has a file ${path}`);
  return file;
}

function parsedOrError(key: string, value: unknown): ModelRecord | AppError {
  try {
    return parseModelRecord(key, value);
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}

function parsedOrNull(key: string, value: unknown): ModelRecord | null {
  const record = parsedOrError(key, value);
  return isAppError(record) ? null : record;
}
