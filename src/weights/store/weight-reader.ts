// What is stored, read and checked: bytes are given out only when they have the size and, unless told otherwise, the SHA-256
// that they were written with.
import { AppError, isAppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import { WeightDatabase } from './database.ts';
import { findFile, parseModelRecord, type ModelRecord, type StoredFile } from './model-record.ts';
import { readBlob } from './read-blob.ts';
import { sha256 } from './sha256.ts';
import { storageRoom, type StorageRoom } from './storage-errors.ts';

export class WeightReader {
  protected readonly database: WeightDatabase;

  /** Opens nothing yet; the first call does. */
  constructor(databaseName = 'daylight-weights') {
    this.database = new WeightDatabase(databaseName);
  }

  close(): void {
    this.database.close();
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
    return this.database.run('read a record', 0, async (db) => {
      const value = await db.get('models', key);
      return value === undefined ? null : parseModelRecord(key, value);
    });
  }

  /**
   * One chunk's bytes, at the beginning of `into`, which is detached, or else in a buffer of their size. Throws
   * `stored-chunk-damaged` when it is missing or not what was stored.
   */
  async readChunk(record: ModelRecord, path: string, index: number, into?: ArrayBuffer): Promise<ArrayBuffer> {
    const chunk = fileOf(record, path).chunks[index];
    invariant(chunk, `${path} has a chunk ${index}`);
    return this.#readChunks(record, path, [index], into ?? new ArrayBuffer(chunk.sizeBytes), () => true);
  }

  /**
   * A file's bytes, at the beginning of `into`, which is detached. Sizes are always checked, hashes of those chunks that `hashes`
   * picks; throws `stored-chunk-damaged`.
   */
  async readFile(
    record: ModelRecord,
    path: string,
    { into, hashes }: { readonly into: ArrayBuffer; readonly hashes: (index: number) => boolean },
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { chunks, sizeBytes } = fileOf(record, path);
    invariant(into.byteLength >= sizeBytes, `${path} fits into its buffer`);
    const buffer = await this.#readChunks(record, path, [...chunks.keys()], into, hashes);
    return new Uint8Array(buffer, 0, sizeBytes);
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

  async usage(): Promise<StorageRoom> {
    return storageRoom();
  }

  async #records(): Promise<(ModelRecord | AppError)[]> {
    return this.database.run('list the models', 0, async (db) => {
      const tx = db.transaction('models');
      const [keys, values] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
      return values.map((value, at) => parsedOrError(String(keys[at]), value));
    });
  }

  /** The Blobs of these chunks, none of their bytes read yet; each has the size it should have. */
  async #chunkBlobs(record: ModelRecord, path: string, indices: readonly number[]): Promise<Blob[]> {
    const { chunks } = fileOf(record, path);
    const values = await this.database.run('read a chunk', 0, (db) => {
      const { store } = db.transaction('chunks');
      return Promise.all(indices.map((index) => store.get([record.key, path, index])));
    });
    return values.map((value, at) => {
      const index = indices[at]!;
      const chunk = chunks[index];
      invariant(chunk, `${path} has a chunk ${index}`);
      if (value === undefined) throw damaged(record, path, index, 'it is missing');
      if (!(value instanceof Blob)) throw damaged(record, path, index, 'it is no chunk');
      const { size } = value;
      if (size !== chunk.sizeBytes) throw damaged(record, path, index, `it has ${size} of ${chunk.sizeBytes} bytes`);
      return value;
    });
  }

  /** Reads these chunks one after the other into a buffer, hashing one while the next is read. */
  async #readChunks(
    record: ModelRecord,
    path: string,
    indices: readonly number[],
    into: ArrayBuffer,
    hashes: (index: number) => boolean,
  ): Promise<ArrayBuffer> {
    const { chunks } = fileOf(record, path);
    const blobs = await this.#chunkBlobs(record, path, indices);
    const found: { index: number; hash: Promise<string> }[] = [];
    let buffer = into;
    let at = 0;
    for (const [place, blob] of blobs.entries()) {
      const index = indices[place]!;
      try {
        buffer = await readBlob(blob, buffer, at);
      } catch (cause) {
        throw damaged(record, path, index, 'the browser lost its bytes', cause);
      }
      // Hashing takes a copy at once, so the buffer may move on.
      if (hashes(index)) found.push({ index, hash: sha256(new Uint8Array(buffer, at, blob.size)) });
      at += blob.size;
    }
    for (const { index, hash } of found) {
      if ((await hash) !== chunks[index]!.sha256) throw damaged(record, path, index, 'its bytes changed');
    }
    return buffer;
  }
}

/** The record, or why it is none. */
export function parsedOrError(key: string, value: unknown): ModelRecord | AppError {
  try {
    return parseModelRecord(key, value);
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}

function fileOf(record: ModelRecord, path: string): StoredFile {
  const file = findFile(record, path);
  invariant(file, `${record.key} has a file ${path}`);
  return file;
}

function damaged(record: ModelRecord, path: string, index: number, reason: string, cause?: unknown): AppError {
  return new AppError('stored-chunk-damaged', { key: record.key, path, index, reason }, { cause });
}
