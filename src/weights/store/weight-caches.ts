// The CacheStorage that WebLLM 0.2.86 sees in the engine worker with `cacheBackend: "cache"`. It asks for `open`, then
// `keys` (are all files there?), `match` twice a file, `arrayBuffer` or `json` once, and, for what is not there, `add`.
// Here `keys` and `match` read no weights, bytes are read and checked only when they are asked for, each once, and `add` refuses:
// nothing is ever fetched. A model that is not complete is not there.
import { AppError } from '#base/errors.ts';
import { fileUrl, parseFileUrl } from './addresses.ts';
import { FileReaderAhead, type ReadCounters, type ReadOptions } from './file-reader-ahead.ts';
import { findFile, type ModelRecord, type StoredFile } from './model-record.ts';
import type { WeightStore } from './weight-store.ts';

/** What WebLLM uses of a Cache. */
export type WeightCache = {
  /** A file of the weights gives an `arrayBuffer` that is good until another file of the weights is asked for. */
  match(request: RequestInfo | URL): Promise<Response | undefined>;
  add(request: RequestInfo | URL): Promise<void>;
  keys(): Promise<readonly Request[]>;
  delete(request: RequestInfo | URL): Promise<boolean>;
};

export type WeightCaches = {
  /** The scope is ignored: a file has one address, whatever WebLLM files it under. */
  open(scope: string): Promise<WeightCache>;
  /** Frees what was read last and read ahead. For when a load has ended, however it did. */
  release(): void;
};

/** Puts the store behind WebLLM's cache interface. The engine worker, and only it, replaces its `caches` by this. */
export function createWeightCaches(
  store: WeightStore,
  counters: ReadCounters,
  options: ReadOptions = {},
): WeightCaches {
  const reader = new FileReaderAhead(store, counters, options);
  return {
    open: () => Promise.resolve(new StoreCache(store, reader)),
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

const CONTENT_TYPES: Readonly<Record<string, string>> = { json: 'application/json', wasm: 'application/wasm' };

/** A Response whose bytes are read when they are asked for, and not before. */
class StoredResponse extends Response {
  readonly #read: () => Promise<Uint8Array<ArrayBuffer>>;

  constructor(read: () => Promise<Uint8Array<ArrayBuffer>>, { path, sizeBytes }: StoredFile) {
    const type = CONTENT_TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream';
    super(null, { headers: { 'content-type': type, 'content-length': String(sizeBytes) } });
    this.#read = read;
  }

  /** Part of a larger buffer comes as a view, which WebLLM takes as well: it looks for a Uint8Array before it makes one. */
  override async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#read();
    return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : (bytes as unknown as ArrayBuffer);
  }

  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read();
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
