import { invariant } from '#base/invariant.ts';
import { parseGgufHeader, type GgufHeader } from '#formats/gguf/header.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import { sha256 } from '#weights/store/sha256.ts';

/** What a server sends first anyway. */
const FIRST_BYTES = 64 * 1024;
export type ReadHeader = { readonly header: GgufHeader; readonly sha256: string };

/** Reads and parses the header at a file's beginning, each byte once. Throws `gguf-…`, also for one above the parser's limit. */
export async function readHeader(source: ByteSource, signal: AbortSignal): Promise<ReadHeader> {
  const { sizeBytes } = source;
  let bytes = new Uint8Array(0);
  for (let wanted = FIRST_BYTES; ; wanted *= 4) {
    const end = Math.min(wanted, sizeBytes);
    const more = await source.read(bytes.length, end - bytes.length, signal);
    bytes = joined(bytes, more);
    const header = parseGgufHeader(bytes, sizeBytes);
    if (header) return { header, sha256: await sha256(bytes.slice(0, header.dataOffset)) };
    invariant(end < sizeBytes, 'the parser asks for no more than the file');
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
