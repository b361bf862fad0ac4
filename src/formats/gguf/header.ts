// The header of one GGUF file, versions 2 and 3, little-endian.
//
//   "GGUF" | version: u32 | tensor count: u64 | pair count: u64 | pairs | tensor table | padding | data
//
// Pure: bytes in, value out. Nothing from the file is trusted: every count is held against what the file can contain
// before anything is allocated for it, and whatever is wrong ends in an AppError.
import { AppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import { HeaderCursor, MoreBytesNeeded } from '#formats/gguf/cursor.ts';
import { parseMetadata, parsePairCount, type Metadata } from '#formats/gguf/metadata.ts';
import { parseTensorCount, parseTensorTable, type GgufTensor } from '#formats/gguf/tensor-table.ts';

export type GgufHeader = {
  readonly version: number;
  readonly metadata: Metadata;
  /** In the order of the file's table, which need not be the order of the data. */
  readonly tensors: readonly GgufTensor[];
  /** Where the tensor data begins, in bytes from the beginning of the file. */
  readonly dataOffset: number;
  readonly fileSizeBytes: number;
};

const MAGIC = [0x47, 0x47, 0x55, 0x46];
const DEFAULT_ALIGNMENT = 32;
/** GGUF wants a multiple of 8; 1 MiB is far above any page or sector. */
const ALIGNMENTS = { least: 8, most: 1024 * 1024 };

/**
 * Parses the header of a file of `fileSizeBytes` bytes from `bytes`, its beginning; null when the header is longer than
 * `bytes` and more of the file is needed. Throws an AppError (`gguf-…`) for what is no GGUF or not a sound one.
 */
export function parseGgufHeader(bytes: Uint8Array, fileSizeBytes: number): GgufHeader | null {
  invariant(Number.isSafeInteger(fileSizeBytes) && bytes.length <= fileSizeBytes, 'a file is as long as its beginning');
  try {
    return parse(bytes, fileSizeBytes);
  } catch (error) {
    if (error instanceof MoreBytesNeeded) return null;
    throw error;
  }
}

function parse(bytes: Uint8Array, fileSizeBytes: number): GgufHeader {
  checkMagic(bytes);
  const cursor = new HeaderCursor(bytes, fileSizeBytes);
  cursor.take(MAGIC.length, 'the magic number');
  const version = cursor.u32('the version');
  if (version !== 2 && version !== 3) {
    const swapped = version === 0x02000000 || version === 0x03000000;
    throw new AppError('gguf-version', { version: swapped ? 'big-endian' : version });
  }
  const tensorCount = parseTensorCount(cursor);
  const pairCount = parsePairCount(cursor);
  const metadata = parseMetadata(cursor, pairCount);
  const { tensors, dataOffset } = parseTensorTable(cursor, tensorCount, alignmentOf(metadata));
  return { version, metadata, tensors, dataOffset, fileSizeBytes };
}

/** Tells a web page or a compressed file from a GGUF as soon as its first byte is here. */
function checkMagic(bytes: Uint8Array): void {
  if (MAGIC.every((byte, at) => at >= bytes.length || bytes[at] === byte)) return;
  const found = Array.from(bytes.subarray(0, 8), (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
  throw new AppError('gguf-magic', { found });
}

function alignmentOf(metadata: Metadata): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const fits =
    typeof alignment === 'number' &&
    alignment >= ALIGNMENTS.least &&
    alignment <= ALIGNMENTS.most &&
    (alignment & (alignment - 1)) === 0;
  if (!fits) {
    throw new AppError('gguf-metadata', {
      key: 'general.alignment',
      found: String(alignment),
      expected: `a power of two from ${ALIGNMENTS.least} to ${ALIGNMENTS.most}`,
    });
  }
  return alignment;
}
