// The outline of a wasm binary: "\0asm", version 1, then sections of {id byte, size as LEB128, body}.
// Every length is checked against the bytes that are there before it is used.
import { AppError } from '#base/errors.ts';

export type WasmSection = { readonly id: number; readonly body: Uint8Array };

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** Ids up to here exist (tags are 13); anything above is no wasm that a browser takes. */
const MAX_SECTION_ID = 13;

/** Splits a module into its sections; throws `library-wasm` when the bytes are no module. */
export function readWasm(bytes: Uint8Array): WasmSection[] {
  if (PREAMBLE.some((byte, index) => bytes[index] !== byte)) throw invalidWasm('it does not begin as a wasm module');
  const reader = new WasmReader(bytes, PREAMBLE.length);
  const sections: WasmSection[] = [];
  while (reader.at < bytes.length) {
    const id = reader.byte();
    if (id > MAX_SECTION_ID) throw invalidWasm(`it has a section of the unknown kind ${id}`);
    sections.push({ id, body: reader.take(reader.unsigned()) });
  }
  return sections;
}

export function writeWasm(sections: readonly WasmSection[]): Uint8Array<ArrayBuffer> {
  const heads = sections.map(({ id, body }) => [id, ...unsigned(body.length)]);
  const size = sections.reduce((sum, { body }, index) => sum + body.length + (heads[index]?.length ?? 0), 0);
  const bytes = new Uint8Array(PREAMBLE.length + size);
  bytes.set(PREAMBLE);
  let at = PREAMBLE.length;
  sections.forEach(({ body }, index) => {
    const head = heads[index] ?? [];
    bytes.set(head, at);
    bytes.set(body, at + head.length);
    at += head.length + body.length;
  });
  return bytes;
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 0x80 : low);
  } while (value > 0);
  return bytes;
}

/** Signed LEB128 of a number that is not negative. */
export function signed(value: number): number[] {
  const bytes = unsigned(value);
  const last = bytes.length - 1;
  if (((bytes[last] ?? 0) & 0x40) === 0) return bytes;
  return [...bytes.slice(0, last), (bytes[last] ?? 0) | 0x80, 0];
}

export function invalidWasm(reason: string): AppError {
  return new AppError('library-wasm', { reason });
}

/** Reads numbers and bytes in order; running off the end throws `library-wasm`. */
export class WasmReader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw invalidWasm(`it ends at byte ${this.at}, inside a section`);
    this.at++;
    return byte;
  }

  take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.at) throw invalidWasm(`it ends inside ${count} bytes at ${this.at}`);
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  /** Unsigned LEB128 of at most 32 bits. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80 && value < 2 ** 32) return value;
      if (byte < 0x80) break;
    }
    throw invalidWasm(`it has a number of more than 32 bits before byte ${this.at}`);
  }

  /** Signed LEB128 of at most 32 bits. */
  signed32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte >= 0x80) continue;
      if ((byte & 0x40) !== 0) value -= 2 ** (shift + 7);
      return value | 0;
    }
    throw invalidWasm(`it has a number of more than 32 bits before byte ${this.at}`);
  }
}
