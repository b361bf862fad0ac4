// Writes a stored model into a folder. Resumable: a file that is there with the right bytes is left as it is. The manifest is
// written last, so a folder with one is whole.
import { AppError, isAppError } from '#base/errors.ts';
import { MAX_CHUNK_BYTES, plannedBytes, type ModelRecord } from '#weights/store/model-record.ts';
import { readBlob } from '#weights/store/read-blob.ts';
import { sha256 } from '#weights/store/sha256.ts';
import type { WeightStore } from '#weights/store/weight-store.ts';
import { isLoadable } from './imported-model.ts';
import { MANIFEST_NAME, manifestJson, planFolder, type FolderFile } from './model-folder.ts';
import { withModelInUse } from './model-lock.ts';

export type ExportOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Counts what was there already as well. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
};

export type ExportResult = {
  /** The folder inside the given one, named by the model's key. */
  readonly folder: string;
  readonly sizeBytes: number;
  /** Of these, what this call wrote; the rest was there. */
  readonly writtenBytes: number;
};

/**
 * Writes a complete model into a folder of its own in `directory`. Throws `stored-model-missing`, `stored-model-incomplete`,
 * `stored-chunk-damaged` or `export-failed`; what is written is kept, and the same call goes on from there.
 */
export async function exportModel(
  store: WeightStore,
  key: string,
  directory: FileSystemDirectoryHandle,
  { signal, onProgress }: ExportOptions = {},
): Promise<ExportResult> {
  return withModelInUse(key, signal, async () => {
    const record = await store.describe(key);
    if (!record) throw new AppError('stored-model-missing', { key });
    if (!isLoadable(record)) {
      const reason = record.state === 'complete' ? 'an older version stored it' : 'its import has not ended';
      throw new AppError('stored-model-incomplete', { key, reason });
    }
    const totalBytes = plannedBytes(record);
    const writer = new FolderWriter(store, record, await folderOf(directory, key), signal);
    let doneBytes = 0;
    let writtenBytes = 0;
    for (const file of planFolder(record)) {
      const advance = (bytes: number) => onProgress?.((doneBytes += bytes), totalBytes);
      if (await writer.isWritten(file)) {
        advance(file.sizeBytes);
      } else {
        await writer.write(file, advance);
        writtenBytes += file.sizeBytes;
      }
    }
    await writer.writeManifest();
    return { folder: key, sizeBytes: totalBytes, writtenBytes };
  });
}

/** The model's own folder; who chooses that one itself wants to go on in it. */
async function folderOf(directory: FileSystemDirectoryHandle, key: string): Promise<FileSystemDirectoryHandle> {
  if (directory.name === key) return directory;
  return told(key, () => directory.getDirectoryHandle(key, { create: true }));
}

class FolderWriter {
  readonly #store: WeightStore;
  readonly #record: ModelRecord;
  readonly #folder: FileSystemDirectoryHandle;
  readonly #signal: AbortSignal | undefined;
  /** One for all chunks: gigabytes of new ones would wait for the collector. */
  #buffer = new ArrayBuffer(0);

  constructor(
    store: WeightStore,
    record: ModelRecord,
    folder: FileSystemDirectoryHandle,
    signal: AbortSignal | undefined,
  ) {
    this.#store = store;
    this.#record = record;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** Whether a file is there with the bytes it should have. */
  async isWritten({ name, sizeBytes, chunks }: FolderFile): Promise<boolean> {
    const file = await told(name, () => this.#find(name));
    if (file?.size !== sizeBytes) return false;
    for (const chunk of chunks) {
      this.#signal?.throwIfAborted();
      const blob = file.slice(chunk.at, chunk.at + chunk.sizeBytes);
      try {
        this.#buffer = await readBlob(blob, this.#room(), 0);
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        this.#buffer = new ArrayBuffer(0);
        return false; // it cannot be read, so it is written anew
      }
      if ((await sha256(new Uint8Array(this.#buffer, 0, chunk.sizeBytes))) !== chunk.sha256) return false;
    }
    return true;
  }

  async write({ name, chunks }: FolderFile, advance: (bytes: number) => void): Promise<void> {
    // Until all is written there is nothing whole here.
    await told(MANIFEST_NAME, () => this.#remove(MANIFEST_NAME));
    await this.#writeFile(name, async (stream) => {
      for (const { path, index, sizeBytes } of chunks) {
        this.#signal?.throwIfAborted();
        this.#buffer = await this.#store.readChunk(this.#record, path, index, this.#room());
        await stream.write(new Uint8Array(this.#buffer, 0, sizeBytes));
        advance(sizeBytes);
      }
    });
  }

  async writeManifest(): Promise<void> {
    await this.#writeFile(MANIFEST_NAME, (stream) => stream.write(manifestJson(this.#record)));
  }

  /** A file appears whole or not at all: the browser writes beside it until it is closed. */
  async #writeFile(name: string, write: (stream: FileSystemWritableFileStream) => Promise<void>): Promise<void> {
    await told(name, async () => {
      const handle = await this.#folder.getFileHandle(name, { create: true });
      const stream = await handle.createWritable();
      try {
        await write(stream);
        await stream.close();
      } catch (error) {
        await stream.abort().catch(() => {}); // `error` says why
        throw error;
      }
    });
  }

  async #find(name: string): Promise<File | null> {
    try {
      return await (await this.#folder.getFileHandle(name)).getFile();
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async #remove(name: string): Promise<void> {
    try {
      await this.#folder.removeEntry(name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #room(): ArrayBuffer {
    const buffer = this.#buffer;
    return buffer.byteLength === 0 ? new ArrayBuffer(MAX_CHUNK_BYTES) : buffer;
  }
}

const isNotFound = (error: unknown): boolean => error instanceof DOMException && error.name === 'NotFoundError';

/** What a file system refuses becomes `export-failed`; errors of the store and aborts pass. */
async function told<T>(name: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isAppError(error) || !(error instanceof DOMException) || error.name === 'AbortError') throw error;
    throw new AppError('export-failed', { name, reason: `${error.name}: ${error.message}` }, { cause: error });
  }
}
