// A GGUF from wherever it lies into the kept files, chunk by chunk: whoever aborts pauses, and the same call goes on from there.
import { AppError } from '#base/errors.ts';
import type { KnownAnswer } from '#catalog/catalog.ts';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { textAt } from '#formats/gguf/metadata-access.ts';
import { joinSplits } from '#formats/gguf/split.ts';
import type { KeptChunk, KeptFiles, KeptModel } from '#engine/cpu/kept-files.ts';
import { readHeader } from '#weights/import/read-header.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import { checkRoom } from '#weights/store/storage-errors.ts';
import { sha256 } from '#weights/store/sha256.ts';

/** 16 MiB, as the weight store's: little to fetch again. */
const CHUNK_BYTES = 16 * 1024 * 1024;
/** 2 GiB of weights: the heap ends at 4 GiB, and cache, buffers and the allocator's gaps want room beside them. */
export const MAX_MODEL_BYTES = 2 * 1024 ** 3;

export type GgufImport = {
  /** The pieces of one model, in order. */
  readonly sources: readonly ByteSource[];
  /** Null for the file's own. */
  readonly name: string | null;
  readonly identity: string | null;
  readonly knownAnswers: readonly KnownAnswer[];
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
};

/** Throws `cpu-too-large` before a byte of weights is read, the sources' errors, or the signal's reason. */
export async function importGguf(files: KeptFiles, options: GgufImport): Promise<KeptModel> {
  const { sources, signal, onProgress } = options;
  const totalBytes = sources.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
  if (totalBytes > MAX_MODEL_BYTES) {
    throw new AppError('cpu-too-large', { what: 'the model', sizeBytes: totalBytes, limit: MAX_MODEL_BYTES });
  }
  let model = await begin(files, options, totalBytes);
  if (model.completedAt !== null) return model;
  let doneBytes = model.pieces.flat().reduce((bytes, chunk) => bytes + (chunk?.sizeBytes ?? 0), 0);
  if (isSecure()) await checkRoom(totalBytes - doneBytes);
  onProgress(doneBytes, totalBytes);
  for (const [piece, source] of sources.entries()) {
    for (let chunk = 0; chunk * CHUNK_BYTES < source.sizeBytes; chunk++) {
      if (model.pieces[piece]?.[chunk]) continue;
      const at = chunk * CHUNK_BYTES;
      const bytes = await source.read(at, Math.min(CHUNK_BYTES, source.sizeBytes - at), signal);
      await files.putChunk(model.key, piece, chunk, bytes);
      const kept: KeptChunk = { sizeBytes: bytes.length, sha256: await hashOf(bytes) };
      const chunks = model.pieces[piece]!.with(chunk, kept);
      model = { ...model, pieces: model.pieces.with(piece, chunks) };
      await files.record(model);
      signal.throwIfAborted();
      onProgress((doneBytes += bytes.length), totalBytes);
    }
  }
  model = { ...model, completedAt: Date.now() };
  await files.record(model);
  return model;
}

/** Finds the model among the kept ones, or makes its first record. */
async function begin(files: KeptFiles, options: GgufImport, sizeBytes: number): Promise<KeptModel> {
  const { sources, signal, knownAnswers } = options;
  const headers = await Promise.all(sources.map((source) => readHeader(source, signal)));
  const gguf = joinSplits(headers.map(({ header }) => header));
  const config = readLlamaConfig(gguf);
  const identity = options.identity ?? sources.map(({ fingerprint }) => fingerprint).join('\n');
  const name = options.name ?? nameOf(sources[0]!);
  const key = `cpu-${slug(name)}-${(await hashOf(encode(identity)))?.slice(0, 16) ?? sizeBytes}`;
  const known = await files.find(key);
  if (known && known.sizeBytes === sizeBytes) return known;
  return {
    key,
    name,
    identity,
    source: sources.map(({ locator }) => locator).join(' '),
    architecture: 'llama',
    contextLength: config.contextLength,
    parameterCount: [...gguf.tensors.values()].reduce(
      (sum, { dimensions }) => sum + dimensions.reduce((product, side) => product * side, 1),
      0,
    ),
    licence: textAt(gguf.metadata, 'general.license.name') ?? textAt(gguf.metadata, 'general.license'),
    knownAnswers,
    sizeBytes,
    completedAt: null,
    verifiedAt: null,
    pieces: sources.map((source) => Array<null>(Math.ceil(source.sizeBytes / CHUNK_BYTES)).fill(null)),
  };
}

export type Verified = { readonly intact: boolean; readonly checkedBytes: number; readonly damaged: readonly string[] };

/** Reads all of a model and compares checksums. Damaged chunks are forgotten, so that the next import brings them anew. */
export async function verifyGguf(files: KeptFiles, key: string): Promise<Verified> {
  const model = await files.find(key);
  if (!model) throw new AppError('stored-model-missing', { key });
  let checkedBytes = 0;
  const damaged: string[] = [];
  const pieces: (KeptChunk | null)[][] = [];
  for (const [piece, chunks] of model.pieces.entries()) {
    const checked: (KeptChunk | null)[] = [];
    for (const [index, chunk] of chunks.entries()) {
      const blob = chunk && (await files.chunk(key, piece, index));
      const bytes = blob ? await blob.arrayBuffer() : new ArrayBuffer(0);
      checkedBytes += bytes.byteLength;
      const isIntact = chunk !== null && bytes.byteLength === chunk.sizeBytes && (await hashOf(bytes)) === chunk.sha256;
      checked.push(isIntact ? chunk : null);
    }
    if (checked.includes(null)) damaged.push(`piece-${piece + 1}.gguf`);
    pieces.push(checked);
  }
  const intact = damaged.length === 0;
  await files.record({
    ...model,
    pieces,
    completedAt: intact ? model.completedAt : null,
    verifiedAt: intact ? Date.now() : null,
  });
  return { intact, checkedBytes, damaged };
}

/** Pages that are not secure have no hashes, and keep nothing that could decay. */
async function hashOf(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<string | null> {
  return isSecure() ? sha256(bytes) : null;
}

const isSecure = (): boolean => globalThis.isSecureContext;
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function nameOf({ name }: ByteSource): string {
  return name.replace(/\.gguf$/i, '').replace(/-\d{5}-of-\d{5}$/, '') || 'model';
}

function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+/, '')
      .slice(0, 60)
      .replace(/-+$/, '') || 'model'
  );
}
