// The directory of a ZIP file and its entries. Sizes in the file are claims: what is inflated is counted while it comes.
//
//   local header, 30 bytes + name + extra   data   …   directory   end record, 22 bytes + comment
//
//   directory entry (46 bytes + name + extra + comment)          end record
//   0 "PK\1\2"      10 method   20 packed size  30 extra          0 "PK\5\6"     12 directory size
//   8 flags         16 CRC-32   24 size         32 comment       10 entries      16 directory offset
//                               28 name         42 local offset
import { AppError } from '#base/errors.ts';

export type ZipEntry = {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc: number;
  readonly packedSize: number;
  readonly localOffset: number;
};

const END_RECORD_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
/** A document has tens of parts, one with many pictures thousands. */
const MAX_ENTRIES = 20_000;
const MAX_DIRECTORY_BYTES = 8_000_000;

/** Why a ZIP file cannot be read; the caller says it in the words of its own format. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
}

/** The entries of a ZIP file; throws a ZipError when the directory is missing or impossible. */
export async function readZipDirectory(file: Blob): Promise<ZipEntry[]> {
  const tailAt = Math.max(0, file.size - END_RECORD_BYTES - MAX_COMMENT_BYTES);
  const tail = await viewOf(file, tailAt, file.size);
  let end = tail.byteLength - END_RECORD_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new ZipError('its directory is missing: the file ends too early');
  const count = tail.getUint16(end + 10, true);
  const size = tail.getUint32(end + 12, true);
  const offset = tail.getUint32(end + 16, true);
  if (count > MAX_ENTRIES || size > MAX_DIRECTORY_BYTES || offset + size > tailAt + end) {
    throw new ZipError(`its directory claims ${count} entries in ${size} bytes at ${offset}`);
  }
  const directory = await viewOf(file, offset, offset + size);
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > size || directory.getUint32(at, true) !== 0x02014b50) {
      throw new ZipError(`its directory breaks off after ${entries.length} of ${count} entries`);
    }
    const nameBytes = directory.getUint16(at + 28, true);
    const next = at + 46 + nameBytes + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
    if (next > size) throw new ZipError(`entry ${entries.length} of its directory is cut`);
    entries.push({
      name: new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, nameBytes)),
      method: directory.getUint16(at + 10, true),
      isEncrypted: (directory.getUint16(at + 8, true) & 1) === 1,
      crc: directory.getUint32(at + 16, true),
      packedSize: directory.getUint32(at + 20, true),
      localOffset: directory.getUint32(at + 42, true),
    });
    at = next;
  }
  return entries;
}

/** What may still be inflated, counted down by every entry; `limitBytes` is what it began with. */
export type InflateBudget = { leftBytes: number; readonly limitBytes: number };

/** The bytes of an entry; throws `document-inflates` as soon as the budget is spent, a ZipError when they are damaged. */
export async function readZipEntry(
  file: File,
  entry: ZipEntry,
  { budget, signal }: { budget: InflateBudget; signal: AbortSignal },
): Promise<Uint8Array<ArrayBuffer>> {
  const local = await viewOf(file, entry.localOffset, entry.localOffset + 30);
  if (local.byteLength < 30 || local.getUint32(0, true) !== 0x04034b50) throw new ZipError(`${entry.name} is missing`);
  const start = entry.localOffset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const packed = file.slice(start, start + entry.packedSize);
  if (packed.size < entry.packedSize) throw new ZipError(`${entry.name} is cut`);
  if (entry.method !== 0 && entry.method !== 8) throw new ZipError(`${entry.name} is packed by method ${entry.method}`);
  const stream =
    entry.method === 8 ? packed.stream().pipeThrough(new DecompressionStream('deflate-raw')) : packed.stream();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const reader = (stream as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      signal.throwIfAborted();
      sizeBytes += value.byteLength;
      budget.leftBytes -= value.byteLength;
      if (budget.leftBytes < 0) {
        throw new AppError('document-inflates', { name: file.name, part: entry.name, limit: budget.limitBytes });
      }
      chunks.push(value);
    }
  } catch (error) {
    if (error instanceof TypeError) throw new ZipError(`${entry.name} is damaged`, { cause: error }); // not deflate
    throw error;
  } finally {
    void reader.cancel().catch(() => undefined); // it has ended, or failed with the error that is thrown
  }
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  if (crc32(bytes) !== entry.crc) throw new ZipError(`${entry.name} is damaged`);
  return bytes;
}

/** A ZIP file of parts that are not packed, so that reading it costs no more than its size. */
export function writeZip(parts: readonly { readonly name: string; readonly bytes: Uint8Array }[]): ArrayBuffer {
  const named = parts.map(({ name, bytes }) => ({ name: new TextEncoder().encode(name), bytes, crc: crc32(bytes) }));
  const dataBytes = named.reduce((sum, { name, bytes }) => sum + 30 + name.length + bytes.length, 0);
  const directoryBytes = named.reduce((sum, { name }) => sum + 46 + name.length, 0);
  const zip = new Uint8Array(dataBytes + directoryBytes + END_RECORD_BYTES);
  const view = new DataView(zip.buffer);
  let at = 0;
  let directoryAt = dataBytes;
  for (const { name, bytes, crc } of named) {
    const localAt = at;
    view.setUint32(at, 0x04034b50, true);
    view.setUint16(at + 4, 20, true); // the version that is needed
    writeSizes(at + 14);
    at += 30;
    zip.set(name, at);
    zip.set(bytes, at + name.length);
    at += name.length + bytes.length;
    view.setUint32(directoryAt, 0x02014b50, true);
    view.setUint16(directoryAt + 6, 20, true);
    writeSizes(directoryAt + 16);
    view.setUint32(directoryAt + 42, localAt, true);
    zip.set(name, directoryAt + 46);
    directoryAt += 46 + name.length;

    function writeSizes(to: number): void {
      view.setUint32(to, crc, true);
      view.setUint32(to + 4, bytes.length, true);
      view.setUint32(to + 8, bytes.length, true);
      view.setUint16(to + 12, name.length, true);
    }
  }
  view.setUint32(directoryAt, 0x06054b50, true);
  view.setUint16(directoryAt + 8, named.length, true);
  view.setUint16(directoryAt + 10, named.length, true);
  view.setUint32(directoryAt + 12, directoryBytes, true);
  view.setUint32(directoryAt + 16, dataBytes, true);
  return zip.buffer;
}

const viewOf = async (file: Blob, start: number, end: number): Promise<DataView<ArrayBuffer>> =>
  new DataView(await file.slice(start, end).arrayBuffer());

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as ZIP, PNG and gzip use it. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
