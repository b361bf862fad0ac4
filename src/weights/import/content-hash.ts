// What identifies a model's bytes when all of them are stored: a hash over its header, the hashes of its chunks in their order, and
// what of the file went into the program instead. It follows from the record, so it is known of every complete model.
//
// It is not the SHA-256 of the GGUF, which would need the file read once more: chunks are made from ranges, over several sessions.
import { AppError } from '#base/errors.ts';
import type { ModelRecord } from '#weights/store/model-record.ts';
import { sha256 } from '#weights/store/sha256.ts';
import { importedModelOf } from './imported-model.ts';

/** `<layout version>-<64 hexadecimal digits>`; null while a chunk is missing. */
export async function contentHashOf(record: ModelRecord): Promise<string | null> {
  const { headerSha256, model } = importedModelOf(record);
  const chunks = record.files.filter(({ kind }) => kind === 'weights').flatMap((file) => file.chunks);
  if (chunks.some((chunk) => chunk.sha256 === null)) return null;
  const lines = [
    record.layout, // the chunks' sizes and the tensors in them
    headerSha256,
    JSON.stringify(model.frequencyFactors),
    ...chunks.map((chunk) => chunk.sha256),
  ];
  return `${versionOf(record.layout)}-${await sha256(new TextEncoder().encode(lines.join('\n')))}`;
}

/**
 * Holds a model whose chunks are all stored against the content hash that its source is known by; throws `import-content`. A hash
 * of another layout version says nothing of these chunks and is not compared.
 */
export async function checkContent(record: ModelRecord, expected: string): Promise<void> {
  if (versionOf(expected) !== versionOf(record.layout)) return;
  const found = await contentHashOf(record);
  if (found === expected) return;
  const { key, locators } = record;
  throw new AppError('import-content', { key, url: locators[0] ?? '', found: found ?? 'unknown', expected });
}

const versionOf = (text: string): string => text.slice(0, text.indexOf('-'));
