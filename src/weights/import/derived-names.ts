// What names a model and its layout, made from the model itself: an import makes them, and a folder's manifest is held to them.
import { AppError, isAppError } from '#base/errors.ts';
import { packedRowBytes } from '#formats/packed/format.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';
import type { ModelRecord } from '#weights/store/model-record.ts';
import { sha256 } from '#weights/store/sha256.ts';
import { LAYOUT_VERSION } from './plan.ts';

/** A model's key: its name, and a hash of what its bytes are. */
export async function keyOf(name: string, identity: string, headerSha256: string): Promise<string> {
  return `${slug(name)}-${(await sha256(encode(`${identity}\n${headerSha256}`))).slice(0, 16)}`;
}

/** The layout of weights in chunks of these sizes, by shard, with this tensor-cache.json. */
export async function layoutOf(chunkSizes: readonly (readonly number[])[], tensorCache: string): Promise<string> {
  return `${LAYOUT_VERSION}-${(await sha256(encode(JSON.stringify(chunkSizes) + tensorCache))).slice(0, 16)}`;
}

/** Checks that a tensor-cache.json describes these files and tensors and nothing else; throws `folder-invalid`. */
export function checkTensorCache(text: string, record: ModelRecord, { matrices }: ModelDescription): void {
  const refuse = (found: string) =>
    new AppError('folder-invalid', { what: 'tensor-cache.json', found, expected: "the model's tensors in its files" });
  try {
    const { records } = JSON.parse(text) as { records: Shard[] };
    const files = record.files.filter(({ kind }) => kind === 'weights');
    if (records.length !== files.length) throw refuse(`${records.length} of ${files.length} files`);
    const sizes = new Map(matrices.map(({ name, format, rows, k }) => [name, rows * packedRowBytes(format, k)]));
    const seen = new Set<string>();
    for (const [index, { dataPath, format, nbytes, records: tensors }] of records.entries()) {
      const file = files[index]!;
      if (dataPath !== file.path || format !== 'raw-shard' || nbytes !== file.sizeBytes) throw refuse(`file ${index}`);
      let end = 0;
      for (const { name, shape, dtype, format: encoding, nbytes: bytes, byteOffset } of tensors) {
        const isSound =
          typeof name === 'string' &&
          !seen.has(name) &&
          (dtype === 'uint32' || dtype === 'float32') &&
          encoding === 'raw' &&
          Number.isSafeInteger(bytes) &&
          Number.isSafeInteger(byteOffset) &&
          byteOffset >= end &&
          byteOffset % 16 === 0 &&
          bytes > 0 &&
          byteOffset + bytes <= nbytes &&
          shape.length === 1 &&
          shape[0] === bytes / 4 &&
          (dtype === 'float32' || sizes.get(name) === bytes);
        if (!isSound) throw refuse(`the tensor ${String(name).slice(0, 60)}`);
        seen.add(name);
        end = byteOffset + bytes;
      }
    }
    const missing = matrices.find(({ name }) => !seen.has(name));
    if (missing) throw refuse(`no ${missing.name}`);
  } catch (error) {
    if (isAppError(error)) throw error;
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}

type Shard = {
  dataPath: unknown;
  format: unknown;
  nbytes: number;
  records: { name: string; shape: unknown[]; dtype: unknown; format: unknown; nbytes: number; byteOffset: number }[];
};

function slug(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return plain.replace(/^-+/, '').slice(0, 60).replace(/-+$/, '') || 'model';
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
