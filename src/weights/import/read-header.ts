import { AppError } from '#base/errors.ts';
import { parseGgufHeader, type GgufHeader } from '#formats/gguf/header.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import { sha256 } from '#weights/store/sha256.ts';

/** What a server sends first anyway. */
const FIRST_BYTES = 64 * 1024;
/** Many times the longest header known: a vocabulary of 256 thousand pieces with its merges takes about 12 MiB. */
const MAX_HEADER_BYTES = 64 * 1024 * 1024;

export type ReadHeader = { readonly header: GgufHeader; readonly sha256: string };

/** Reads and parses the header at a file's beginning, each byte once. Throws `gguf-…`, or `import-header-too-long`. */
export async function readHeader(source: ByteSource, signal: AbortSignal): Promise<ReadHeader> {
  const { sizeBytes } = source;
  let bytes = new Uint8Array(0);
  for (let wanted = FIRST_BYTES; ; wanted *= 4) {
    const end = Math.min(wanted, sizeBytes, MAX_HEADER_BYTES);
    const more = await source.read(bytes.length, end - bytes.length, signal);
    bytes = joined(bytes, more);
    const header = parseGgufHeader(bytes, sizeBytes);
    if (header) return { header, sha256: await sha256(bytes.slice(0, header.dataOffset)) };
    if (end < wanted) throw new AppError('import-header-too-long', { name: source.name, limit: end });
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
