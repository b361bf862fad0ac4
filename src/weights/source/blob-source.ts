import { AppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { ByteSource } from './byte-source.ts';

/** Reads a chosen file. A file that is moved or changed afterwards ends in `source-file`. */
export function openFileSource(file: File): ByteSource {
  return {
    name: file.name,
    locator: file.name,
    sizeBytes: file.size,
    fingerprint: `file|${file.name}|${file.size}|${file.lastModified}`,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      invariant(offset >= 0 && length >= 0 && offset + length <= file.size, 'reads stay inside the file');
      const bytes = await readSlice(file, offset, length);
      signal?.throwIfAborted();
      return bytes;
    },
    close() {}, // The browser holds the file, not we.
  };
}

async function readSlice(file: File, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const failed = (reason: string, cause?: unknown) =>
    new AppError('source-file', { name: file.name, at: offset, reason }, { cause });
  try {
    const bytes = new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
    if (bytes.length === length) return bytes;
    throw failed(`it gave ${bytes.length} of ${length} bytes`);
  } catch (error) {
    if (error instanceof DOMException) throw failed(error.message, error);
    throw error;
  }
}
