// What the store knows of a model. A record read back comes from outside (an older version, another tab, a curious person),
// so it is checked once, here, before anything is believed.
import { AppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import { isModelKey } from './addresses.ts';

/** 32 MiB: the most bytes in one record of the database, and so the most that a read or a write holds at once. */
export const MAX_CHUNK_BYTES = 32 * 1024 * 1024;

/** The form of the record. A later one that cannot be read as this one counts up. */
export const RECORD_SCHEMA = 1;

export type StoredChunk = {
  readonly sizeBytes: number;
  /** Null until the chunk is stored, and again when it was found damaged. */
  readonly sha256: string | null;
};

export type StoredFile = {
  readonly path: string;
  /** `weights` are read once, in order, when the model is loaded. */
  readonly kind: 'weights' | 'part';
  readonly sizeBytes: number;
  readonly chunks: readonly StoredChunk[];
};

/** What a model's library was made with. */
export type LibraryStamp = { readonly version: string; readonly profile: string };

export type ModelRecord = {
  readonly key: string;
  readonly schema: typeof RECORD_SCHEMA;
  /** A model is there only when this says `complete`, which is written last. */
  readonly state: 'importing' | 'complete';
  readonly name: string;
  /** What the model was made from; the same identity is the same model. */
  readonly identity: string;
  /** Where it came from: URLs or file names. */
  readonly locators: readonly string[];
  /** Which bytes lie where. Another layout of the same model is written anew. */
  readonly layout: string;
  readonly files: readonly StoredFile[];
  readonly library: LibraryStamp | null;
  readonly createdAt: number;
  readonly completedAt: number | null;
  /** When every chunk was last read and found intact. */
  readonly verifiedAt: number | null;
  /** The importer's own; the store keeps it and does not look inside. */
  readonly description: unknown;
};

/** A model before its first byte. */
export type ModelDraft = Pick<ModelRecord, 'key' | 'name' | 'identity' | 'locators' | 'layout' | 'description'> & {
  readonly weights: readonly { readonly path: string; readonly chunkSizes: readonly number[] }[];
};

/** The record of a model of which nothing is stored yet. */
export function createRecord(draft: ModelDraft, now: number): ModelRecord {
  const { weights, ...rest } = draft;
  invariant(isModelKey(draft.key), `${draft.key} can be a model's key`);
  const files = weights.map(({ path, chunkSizes: sizes }): StoredFile => {
    invariant(sizes.length > 0 && sizes.every((size) => size <= MAX_CHUNK_BYTES), `${path} is cut into chunks`);
    const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
    return { path, kind: 'weights', sizeBytes, chunks: sizes.map((size) => ({ sizeBytes: size, sha256: null })) };
  });
  return {
    ...rest,
    schema: RECORD_SCHEMA,
    state: 'importing',
    files,
    library: null,
    createdAt: now,
    completedAt: null,
    verifiedAt: null,
  };
}

/** Bytes of the model when all is stored. */
export function plannedBytes(record: ModelRecord): number {
  return record.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Bytes of the model that are stored now. */
export function storedBytes(record: ModelRecord): number {
  return record.files
    .flatMap(({ chunks }) => chunks)
    .reduce((sum, { sizeBytes, sha256 }) => sum + (sha256 === null ? 0 : sizeBytes), 0);
}

export function findFile(record: ModelRecord, path: string): StoredFile | null {
  return record.files.find((file) => file.path === path) ?? null;
}

/** The chunk of a file with its hash in place. */
export function withChunk(record: ModelRecord, path: string, index: number, sha256: string | null): ModelRecord {
  const mark = (file: StoredFile): StoredFile => ({
    ...file,
    chunks: file.chunks.map((chunk, at) => (at === index ? { ...chunk, sha256 } : chunk)),
  });
  return { ...record, files: record.files.map((file) => (file.path === path ? mark(file) : file)) };
}

/** How a file of `sizeBytes` is cut into chunks; an empty file is one empty chunk. */
export function chunkSizes(sizeBytes: number, chunkBytes = MAX_CHUNK_BYTES): number[] {
  const count = Math.max(1, Math.ceil(sizeBytes / chunkBytes));
  return Array.from({ length: count }, (_, index) => Math.min(chunkBytes, sizeBytes - index * chunkBytes));
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime = (value: unknown): value is number | null => value === null || Number.isFinite(value);

/** Checks a record of the database; throws `stored-record-invalid`. */
export function parseModelRecord(key: string, value: unknown): ModelRecord {
  const refuse = (reason: string) => new AppError('stored-record-invalid', { key, reason });
  if (!isFields(value)) throw refuse('it is no record');
  if (value['schema'] !== RECORD_SCHEMA) throw refuse(`its form is ${String(value['schema'])}, not ${RECORD_SCHEMA}`);
  if (value['key'] !== key) throw refuse('it belongs to another model');
  const { state, name, identity, locators, layout, files, library, createdAt, completedAt, verifiedAt } = value;
  if (state !== 'importing' && state !== 'complete') throw refuse('its state is unknown');
  if (!isText(name) || !isText(identity) || !isText(layout)) throw refuse('its texts are not texts');
  if (!Array.isArray(locators) || !locators.every(isText)) throw refuse('its sources are no list of texts');
  if (!Array.isArray(files)) throw refuse('its files are no list');
  if (!isTime(createdAt) || createdAt === null || !isTime(completedAt) || !isTime(verifiedAt)) {
    throw refuse('its times are no times');
  }
  const parsed = files.map((file) => parseFile(file, refuse));
  if (new Set(parsed.map(({ path }) => path)).size !== parsed.length) throw refuse('a file is there twice');
  if (state === 'complete' && parsed.some(({ chunks }) => chunks.some(({ sha256 }) => sha256 === null))) {
    throw refuse('it says complete and lacks chunks');
  }
  return {
    key,
    schema: RECORD_SCHEMA,
    state,
    name,
    identity,
    locators,
    layout,
    files: parsed,
    library: parseLibrary(library, refuse),
    createdAt,
    completedAt,
    verifiedAt,
    description: value['description'],
  };
}

function parseFile(value: unknown, refuse: (reason: string) => AppError): StoredFile {
  if (!isFields(value)) throw refuse('a file is no record');
  const { path, kind, sizeBytes, chunks } = value;
  if (!isText(path) || path === '' || (kind !== 'weights' && kind !== 'part'))
    throw refuse('a file has no name or kind');
  if (!isCount(sizeBytes) || !Array.isArray(chunks)) throw refuse(`${path} has no size or chunks`);
  const parsed = chunks.map((chunk: unknown): StoredChunk => {
    if (!isFields(chunk)) throw refuse(`a chunk of ${path} is no record`);
    const { sizeBytes: size, sha256 } = chunk;
    if (!isCount(size) || size > MAX_CHUNK_BYTES) throw refuse(`a chunk of ${path} has no possible size`);
    if (sha256 !== null && !(isText(sha256) && /^[0-9a-f]{64}$/.test(sha256))) {
      throw refuse(`a chunk of ${path} has no checksum`);
    }
    return { sizeBytes: size, sha256 };
  });
  const sum = parsed.reduce((bytes, chunk) => bytes + chunk.sizeBytes, 0);
  if (parsed.length === 0 || sum !== sizeBytes) throw refuse(`the chunks of ${path} are not its size`);
  return { path, kind, sizeBytes, chunks: parsed };
}

function parseLibrary(value: unknown, refuse: (reason: string) => AppError): LibraryStamp | null {
  if (value === null) return null;
  if (!isFields(value) || !isText(value['version']) || !isText(value['profile'])) {
    throw refuse('its library has no version or profile');
  }
  return { version: value['version'], profile: value['profile'] };
}
