import { AppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { ByteSource } from './byte-source.ts';
import { StreamReader } from './stream-reader.ts';

/** Reads a chosen file. A file that is moved or changed afterwards ends in `source-file`. */
export function openFileSource(file: File): ByteSource {
  return {
    name: file.name,
    locator: file.name,
    sizeBytes: file.size,
    fingerprint: `file|${file.name}|${file.size}|${file.lastModified}`,
    async read(offset, length, signal, into = new Uint8Array(length)) {
      invariant(offset >= 0 && length >= 0 && offset + length <= file.size, 'reads stay inside the file');
      await readSlice(file, offset, into, signal);
      return into;
    },
    close() {}, // The browser holds the file, not we.
  };
}

async function readSlice(
  file: File,
  offset: number,
  into: Uint8Array<ArrayBuffer>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const failed = (reason: string, cause?: unknown) =>
    new AppError('source-file', { name: file.name, at: offset, reason }, { cause });
  signal?.throwIfAborted();
  const reader = new StreamReader(file.slice(offset, offset + into.length).stream());
  let got = 0;
  try {
    for (let bytes = await reader.next(); bytes !== null; bytes = await reader.next()) {
      signal?.throwIfAborted();
      into.set(bytes, got);
      got += bytes.length;
    }
  } catch (error) {
    if (error instanceof DOMException && error !== signal?.reason) throw failed(error.message, error);
    throw error;
  } finally {
    reader.release();
  }
  if (got !== into.length) throw failed(`it gave ${got} of ${into.length} bytes`);
}
