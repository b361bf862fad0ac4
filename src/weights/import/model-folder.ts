// A prepared model as a folder of files, for a USB stick, a classroom, another browser:
//
//   model-000.bin …  the stored chunks, one after the other in the record's order, at most 256 MiB a file: FAT takes them
//   manifest.json    { format, version, files: [{ name, sizeBytes }], record }; written last
//
// The record lists every chunk with its SHA-256, and so says what lies where. A manifest comes from anywhere, so it is checked
// as a stored record is, and then held against itself: names, sizes, layout and key must follow from each other.
import { AppError, isAppError } from '#base/errors.ts';
import { isModelKey } from '#weights/store/addresses.ts';
import { parseModelRecord, plannedBytes, type ModelRecord } from '#weights/store/model-record.ts';
import { checkImportedModel } from './check-imported-model.ts';
import { importedModelOf, isLoadable } from './imported-model.ts';
import { LAYOUT_VERSION } from './plan.ts';

export const MANIFEST_NAME = 'manifest.json';
export const MAX_FOLDER_FILE_BYTES = 256 * 1024 * 1024;

const FORMAT = 'daylight-model';
const VERSION = 1;
/** 16 MiB: a hundred times the manifest of a model of 10 GB. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
const MAX_MODEL_BYTES = 2 ** 42;
/** What is read as a whole: the tokenizer of a large vocabulary takes 20 MB. */
const MAX_PART_BYTES = 64 * 1024 * 1024;
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export type FolderChunk = {
  readonly path: string;
  readonly index: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** In its file of the folder. */
  readonly at: number;
};
export type FolderFile = { readonly name: string; readonly sizeBytes: number; readonly chunks: readonly FolderChunk[] };

/** Which chunk of a complete model lies where in its folder. */
export function planFolder(record: ModelRecord): FolderFile[] {
  const files: { name: string; sizeBytes: number; chunks: FolderChunk[] }[] = [];
  for (const { path, chunks } of record.files) {
    for (const [index, { sizeBytes, sha256 }] of chunks.entries()) {
      if (sha256 === null) throw incomplete(record.key, `${path} lacks chunk ${index}`);
      let file = files.at(-1);
      if (!file || file.sizeBytes + sizeBytes > MAX_FOLDER_FILE_BYTES) {
        file = { name: `model-${String(files.length).padStart(3, '0')}.bin`, sizeBytes: 0, chunks: [] };
        files.push(file);
      }
      file.chunks.push({ path, index, sizeBytes, sha256, at: file.sizeBytes });
      file.sizeBytes += sizeBytes;
    }
  }
  return files;
}

/** The text of manifest.json. */
export function manifestJson(record: ModelRecord): string {
  const files = planFolder(record).map(({ name, sizeBytes }) => ({ name, sizeBytes }));
  return JSON.stringify({ format: FORMAT, version: VERSION, files, record }, null, 1);
}

/** Reads a manifest; throws `folder-invalid`. */
export function parseManifest(text: string): ModelRecord {
  const manifest = parseJson(text);
  if (manifest['format'] !== FORMAT) throw invalid('the manifest', shown(manifest['format']), `the format ${FORMAT}`);
  if (manifest['version'] !== VERSION) {
    throw invalid("the manifest's version", shown(manifest['version']), `version ${VERSION}`);
  }
  const { record: value } = manifest;
  const key = typeof value === 'object' && value !== null && 'key' in value ? value.key : undefined;
  if (typeof key !== 'string' || !isModelKey(key)) throw invalid("the model's key", shown(key), 'a plain name');
  const record = asFolderError(() => parseModelRecord(key, value));
  if (record.state !== 'complete') throw invalid('the model', record.state, 'a complete one');
  if (!isLoadable(record)) throw invalid('its layout', shown(record.layout), `layout ${LAYOUT_VERSION}`);
  checkFiles(record);
  asFolderError(() => checkImportedModel(importedModelOf(record)));
  const names = JSON.stringify(planFolder(record).map(({ name, sizeBytes }) => ({ name, sizeBytes })));
  if (JSON.stringify(manifest['files']) !== names) throw invalid('the list of files', 'another', 'that of the record');
  return record;
}

function checkFiles(record: ModelRecord): void {
  for (const { path, kind, sizeBytes } of record.files) {
    if (!PATH.test(path)) throw invalid('a path', shown(path), 'a plain name');
    if (kind === 'part' && sizeBytes > MAX_PART_BYTES) {
      throw invalid(`the size of ${path}`, String(sizeBytes), `at most ${MAX_PART_BYTES} bytes`);
    }
  }
  const bytes = plannedBytes(record);
  if (bytes > MAX_MODEL_BYTES) throw invalid("the model's size", String(bytes), `at most ${MAX_MODEL_BYTES} bytes`);
}

/** Runs a check of ours on what a folder says; whatever it refuses becomes `folder-invalid`. */
export function asFolderError<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (isAppError(error, 'folder-invalid')) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'folder-invalid',
      { what: 'its description', found: reason, expected: 'that of a model' },
      { cause: error },
    );
  }
}

export function invalid(what: string, found: string, expected: string): AppError {
  return new AppError('folder-invalid', { what, found, expected });
}

function incomplete(key: string, reason: string): AppError {
  return new AppError('stored-model-incomplete', { key, reason });
}

function parseJson(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError(
      'folder-invalid',
      { what: 'the manifest', found: String((cause as Error).message), expected: 'JSON' },
      { cause },
    );
  }
  if (typeof value !== 'object' || value === null) throw invalid('the manifest', shown(value), 'an object');
  return value as Record<string, unknown>;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 60);
