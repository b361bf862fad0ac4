// The CacheStorage that WebLLM 0.2.86 sees in the engine worker with `cacheBackend: "cache"`. It asks for `open`, then
// `keys` (are all files there?), `match` twice a file, `arrayBuffer` or `json` once, and, for what is not there, `add`.
// Here `keys` and `match` read no weights, bytes are read and checked only when they are asked for, each once, and `add` refuses:
// nothing is ever fetched. A model that is not complete is not there.
import { AppError } from '#base/errors.ts';
import { fileUrl, parseFileUrl } from './addresses.ts';
import { findFile, type ModelRecord, type StoredFile } from './model-record.ts';
import type { WeightStore } from './weight-store.ts';

/** What was read for WebLLM since the counters were made. */
export type ReadCounters = { bytesRead: number; reads: number };

export type WeightCachesOptions = {
  /** Checks the SHA-256 of every n-th chunk of the weights, sizes always; 1 unless given, which checks all. */
  readonly hashEvery?: number;
  /** Told of each chunk that was found damaged, before the read fails. */
  readonly onDamage?: (error: AppError) => void;
};

/** What WebLLM uses of a Cache. */
export type WeightCache = {
  match(request: RequestInfo | URL): Promise<Response | undefined>;
  add(request: RequestInfo | URL): Promise<void>;
  keys(): Promise<readonly Request[]>;
  delete(request: RequestInfo | URL): Promise<boolean>;
};

export type WeightCaches = {
  /** The scope is ignored: a file has one address, whatever WebLLM files it under. Drops what was read ahead for nobody. */
  open(scope: string): Promise<WeightCache>;
  /** Drops what was read ahead. */
  release(): void;
};

/** Puts the store behind WebLLM's cache interface. The engine worker, and only it, replaces its `caches` by this. */
export function createWeightCaches(
  store: WeightStore,
  counters: ReadCounters,
  options: WeightCachesOptions = {},
): WeightCaches {
  const reader = new FileReaderAhead(store, counters, options);
  return {
    async open() {
      reader.release();
      return new StoreCache(store, reader);
    },
    release: () => reader.release(),
  };
}

class StoreCache implements WeightCache {
  readonly #store: WeightStore;
  readonly #reader: FileReaderAhead;
  /** Records found so far: a reload asks about every file of one model. */
  readonly #records = new Map<string, ModelRecord>();

  constructor(store: WeightStore, reader: FileReaderAhead) {
    this.#store = store;
    this.#reader = reader;
  }

  async match(request: RequestInfo | URL): Promise<Response | undefined> {
    const place = parseFileUrl(urlOf(request));
    if (!place) return undefined;
    const record = await this.#record(place.key);
    const file = record && findFile(record, place.path);
    return file ? new StoredResponse(() => this.#reader.read(record, file), file) : undefined;
  }

  async add(request: RequestInfo | URL): Promise<void> {
    throw new AppError('stored-file-missing', { url: urlOf(request) });
  }

  async keys(): Promise<readonly Request[]> {
    const complete = (await this.#store.list()).filter(({ state }) => state === 'complete');
    return complete.flatMap(({ key, files }) => files.map(({ path }) => new Request(fileUrl(key, path))));
  }

  /** Models are deleted through the store, whole. */
  async delete(): Promise<boolean> {
    return false;
  }

  async #record(key: string): Promise<ModelRecord | null> {
    const known = this.#records.get(key);
    if (known) return known;
    const record = await this.#store.describe(key);
    if (record?.state !== 'complete') return null;
    this.#records.set(key, record);
    return record;
  }
}

type Ahead = { readonly key: string; readonly path: string; readonly bytes: Promise<ArrayBuffer> };

/** Reads files whole. While WebLLM uploads one file of the weights, the next is read and checked. */
class FileReaderAhead {
  readonly #store: WeightStore;
  readonly #counters: ReadCounters;
  readonly #options: WeightCachesOptions;
  #ahead: Ahead | null = null;
  #chunkCount = 0;

  constructor(store: WeightStore, counters: ReadCounters, options: WeightCachesOptions) {
    this.#store = store;
    this.#counters = counters;
    this.#options = options;
  }

  release(): void {
    this.#ahead = null;
  }

  async read(record: ModelRecord, file: StoredFile): Promise<ArrayBuffer> {
    const ahead = this.#ahead;
    const isAhead = ahead?.key === record.key && ahead.path === file.path;
    const reading = isAhead ? ahead.bytes : this.#readFile(record, file);
    const next = this.#next(record, file);
    if (!next) {
      if (isAhead) this.#ahead = null;
      return reading;
    }
    // At the same time, so that reading one overlaps with hashing the other; never more than these two.
    const bytes = this.#readFile(record, next);
    bytes.catch(() => {}); // told to whoever asks for that file
    this.#ahead = { key: record.key, path: next.path, bytes };
    return reading;
  }

  /** The file of the weights that is loaded after this one. */
  #next({ files }: ModelRecord, file: StoredFile): StoredFile | null {
    if (file.kind !== 'weights') return null;
    const weights = files.filter(({ kind }) => kind === 'weights');
    return weights[weights.indexOf(file) + 1] ?? null;
  }

  async #readFile(record: ModelRecord, { path, chunks }: StoredFile): Promise<ArrayBuffer> {
    const { hashEvery = 1, onDamage } = this.#options;
    try {
      const bytes = await this.#store.readFile(record, path, () => this.#chunkCount++ % hashEvery === 0);
      this.#counters.bytesRead += bytes.byteLength;
      this.#counters.reads += chunks.length;
      return bytes;
    } catch (error) {
      if (error instanceof AppError) onDamage?.(error);
      throw error;
    }
  }
}

const CONTENT_TYPES: Readonly<Record<string, string>> = { json: 'application/json', wasm: 'application/wasm' };

/** A Response whose bytes are read when they are asked for, and not before. */
class StoredResponse extends Response {
  readonly #read: () => Promise<ArrayBuffer>;

  constructor(read: () => Promise<ArrayBuffer>, { path, sizeBytes }: StoredFile) {
    const type = CONTENT_TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream';
    super(null, { headers: { 'content-type': type, 'content-length': String(sizeBytes) } });
    this.#read = read;
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read();
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#read());
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.#read());
  }

  override async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  override async blob(): Promise<Blob> {
    return new Blob([await this.#read()], { type: this.headers.get('content-type') ?? '' });
  }
}

function urlOf(request: RequestInfo | URL): string {
  return typeof request === 'string' ? request : request instanceof URL ? request.href : request.url;
}
