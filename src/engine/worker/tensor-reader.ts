import { AppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import { findFile } from '#weights/store/model-record.ts';
import type { ModelRecord } from '#weights/store/model-record.ts';
import type { WeightStore } from '#weights/store/weight-store.ts';

type TensorCache = {
  readonly records: readonly {
    readonly dataPath: string;
    readonly records: readonly { readonly name: string; readonly byteOffset: number; readonly nbytes: number }[];
  }[];
};

/**
 * Single tensors of a stored model, by name. Keeps the last chunk: neighbours lie in one.
 */
export class TensorReader {
  readonly #store: WeightStore;
  readonly #record: ModelRecord;
  #index: TensorCache | null = null;
  #last: { readonly path: string; readonly index: number; readonly bytes: ArrayBuffer } | null = null;

  constructor(store: WeightStore, record: ModelRecord) {
    this.#store = store;
    this.#record = record;
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const path = 'tensor-cache.json';
    const { sizeBytes } = findFile(this.#record, path) ?? { sizeBytes: 0 };
    const json = async () => new TextDecoder().decode(await this.#store.readRange(this.#record, path, 0, sizeBytes));
    this.#index ??= JSON.parse(await json()) as TensorCache;
    for (const { dataPath, records } of this.#index.records) {
      const tensor = records.find((record) => record.name === name);
      if (tensor) return this.#readRange(dataPath, tensor.byteOffset, tensor.nbytes);
    }
    throw new AppError('program-tensor', { name, found: 'missing', expected: 'stored' });
  }

  async #readRange(path: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = findFile(this.#record, path);
    invariant(file && offset + length <= file.sizeBytes, `${path} has these bytes`);
    const bytes = new Uint8Array(length);
    let start = 0;
    for (const [index, { sizeBytes }] of file.chunks.entries()) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + sizeBytes);
      if (from < to) bytes.set(new Uint8Array(await this.#chunk(path, index), from - start, to - from), from - offset);
      start += sizeBytes;
    }
    return bytes;
  }

  async #chunk(path: string, index: number): Promise<ArrayBuffer> {
    if (this.#last?.path !== path || this.#last.index !== index) {
      this.#last = { path, index, bytes: await this.#store.readChunk(this.#record, path, index) };
    }
    return this.#last.bytes;
  }
}
