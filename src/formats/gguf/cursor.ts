// Reads a GGUF header of which perhaps only the beginning has arrived. Every read says what it reads, and is checked
// against the size of the whole file first: a length the file cannot hold fails at once, however few bytes are here.
import { AppError } from '#base/errors.ts';

/** 64 MiB: seven times the header of a 128k-token vocabulary with its merges, the largest among llama models. */
export const MAX_HEADER_BYTES = 64 * 1024 * 1024;

/** Thrown when the file goes on but the bytes at hand end; `parseGgufHeader` alone catches it. */
export class MoreBytesNeeded extends Error {}

export class HeaderCursor {
  offset = 0;
  readonly fileSizeBytes: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array, fileSizeBytes: number) {
    this.bytes = bytes;
    this.fileSizeBytes = fileSizeBytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves past `count` bytes and gives where they begin; throws when the file, the limit or the bytes at hand end before. */
  take(count: number, what: string): number {
    const end = this.offset + count;
    if (end > this.fileSizeBytes) throw this.truncated(what, end - this.offset);
    if (end > MAX_HEADER_BYTES) throw this.tooMuch('The header', end, MAX_HEADER_BYTES);
    if (end > this.bytes.length) throw new MoreBytesNeeded();
    const start = this.offset;
    this.offset = end;
    return start;
  }

  u8(what: string): number {
    return this.view.getUint8(this.take(1, what));
  }

  i8(what: string): number {
    return this.view.getInt8(this.take(1, what));
  }

  u16(what: string): number {
    return this.view.getUint16(this.take(2, what), true);
  }

  i16(what: string): number {
    return this.view.getInt16(this.take(2, what), true);
  }

  u32(what: string): number {
    return this.view.getUint32(this.take(4, what), true);
  }

  i32(what: string): number {
    return this.view.getInt32(this.take(4, what), true);
  }

  f32(what: string): number {
    return this.view.getFloat32(this.take(4, what), true);
  }

  f64(what: string): number {
    return this.view.getFloat64(this.take(8, what), true);
  }

  u64(what: string): bigint {
    return this.view.getBigUint64(this.take(8, what), true);
  }

  i64(what: string): bigint {
    return this.view.getBigInt64(this.take(8, what), true);
  }

  /** A u64 that counts things of at least `itemBytes` each: no more than `limit`, and no more than the file can still hold. */
  count(what: string, limit: number, itemBytes: number): number {
    const at = this.take(8, what);
    // Vocabularies have hundreds of thousands of lengths, so no bigint is made for one that passes. Above 2^53 the sum is
    // rounded, which does not matter: no file is that long.
    const count = this.view.getUint32(at + 4, true) * 2 ** 32 + this.view.getUint32(at, true);
    const exact = () => this.view.getBigUint64(at, true);
    if (count * itemBytes > this.fileSizeBytes - this.offset) throw this.truncated(what, exact() * BigInt(itemBytes));
    if (count > limit) throw this.tooMuch(what, exact(), limit, at);
    return count;
  }

  /** A string with its u64 length, which is at most `limit` bytes; refuses what is not UTF-8. */
  text(what: string, limit: number): string {
    const at = this.offset;
    const length = this.count(what, limit, 1);
    const start = this.take(length, what);
    try {
      return this.decoder.decode(this.bytes.subarray(start, start + length));
    } catch (cause) {
      throw new AppError('gguf-text', { what, at, reason: 'not UTF-8' }, { cause });
    }
  }

  /** A string that names something: not empty, no control characters. */
  name(what: string, limit: number): string {
    const at = this.offset;
    const name = this.text(what, limit);
    if (name === '') throw new AppError('gguf-text', { what, at, reason: 'empty' });
    // eslint-disable-next-line no-control-regex -- finding control characters is the point
    if (/[\0-\x1f\x7f]/.test(name)) throw new AppError('gguf-text', { what, at, reason: 'with control characters' });
    return name;
  }

  /** A copy of the next `count` bytes in a buffer of their own, aligned for any typed array. */
  copy(count: number, what: string): ArrayBuffer {
    const start = this.take(count, what);
    // Not slice(): a Node Buffer's slice shares the memory, and its buffer begins elsewhere.
    const copy = new Uint8Array(count);
    copy.set(this.bytes.subarray(start, start + count));
    return copy.buffer;
  }

  truncated(what: string, needed: number | bigint): AppError {
    return new AppError('gguf-truncated', { size: this.fileSizeBytes, what, at: this.offset, needed });
  }

  tooMuch(what: string, value: number | bigint, limit: number, at = this.offset): AppError {
    return new AppError('gguf-limit', { what, at, value, limit });
  }
}
