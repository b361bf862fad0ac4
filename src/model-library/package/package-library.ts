// Joins the runtime and a program into the .wasm that WebLLM loads: one active data segment at PROGRAM_AT is appended to
// the runtime's data section. The runtime is compiled with its own data from PROGRAM_END on; that it is, is checked.
import { AppError } from '#base/errors.ts';
import { encodeProgram } from '#model-library/program/encode.ts';
import type { Program } from '#model-library/program/program.ts';
import {
  invalidWasm,
  readWasm,
  signed,
  unsigned,
  WasmReader,
  writeWasm,
  type WasmSection,
} from '#model-library/package/wasm-sections.ts';

/** Linear memory of the program, as runtime/assembly/program.ts has it: from here... */
export const PROGRAM_AT = 1024;
/** ...to where the runtime's own data begins. 1 MiB: SOLAR with mixed formats takes about a fifth of it. */
export const PROGRAM_END = 1_048_576;

const WASM_PAGE_BYTES = 65_536;
const SECTION = { memory: 5, code: 10, data: 11, dataCount: 12 } as const;

/** The library for one model. Throws `library-too-large` for a program that does not fit, `library-wasm` for a wrong runtime. */
export function packageModelLibrary(runtimeWasm: Uint8Array, program: Program): Uint8Array<ArrayBuffer> {
  const block = encodeProgram(program);
  const limit = PROGRAM_END - PROGRAM_AT;
  if (block.length > limit) throw new AppError('library-too-large', { size: block.length, limit });
  return placeProgram(runtimeWasm, block);
}

/** Appends `block` to a runtime's data section. */
export function placeProgram(runtimeWasm: Uint8Array, block: Uint8Array): Uint8Array<ArrayBuffer> {
  const sections = readWasm(runtimeWasm);
  checkMemory(sections);
  const data = sections.find(({ id }) => id === SECTION.data);
  const segment = [0, 0x41, ...signed(PROGRAM_AT), 0x0b, ...unsigned(block.length)];
  const segments = data ? checkSegments(data) : { count: 0, body: new Uint8Array() };
  const grown = concat([Uint8Array.from(unsigned(segments.count + 1)), segments.body, Uint8Array.from(segment), block]);

  const result: WasmSection[] = [];
  for (const section of sections) {
    if (section.id === SECTION.dataCount) {
      result.push({ id: section.id, body: Uint8Array.from(unsigned(segments.count + 1)) });
    } else if (section.id !== SECTION.data) {
      result.push(section);
    } else {
      result.push({ id: SECTION.data, body: grown });
    }
  }
  if (!data) {
    const code = result.findIndex(({ id }) => id === SECTION.code);
    result.splice(code < 0 ? result.length : code + 1, 0, { id: SECTION.data, body: grown });
  }
  return writeWasm(result);
}

/** One memory of its own, with the program's end inside the pages it starts with. */
function checkMemory(sections: readonly WasmSection[]): void {
  const memory = sections.find(({ id }) => id === SECTION.memory);
  if (!memory) throw invalidWasm('it has no memory of its own');
  const reader = new WasmReader(memory.body);
  if (reader.unsigned() !== 1) throw invalidWasm('it has more than one memory');
  const flags = reader.unsigned();
  if (flags > 1) throw invalidWasm(`its memory has the flags ${flags}`);
  const pages = reader.unsigned();
  if (pages * WASM_PAGE_BYTES < PROGRAM_END)
    throw invalidWasm(`its memory starts with ${pages} pages, too few for a program`);
}

/** Counts the data segments; each must be active, at a constant address, and above the program. */
function checkSegments(data: WasmSection): { count: number; body: Uint8Array } {
  const reader = new WasmReader(data.body);
  const count = reader.unsigned();
  const start = reader.at;
  for (let i = 0; i < count; i++) {
    const flags = reader.unsigned();
    if (flags !== 0 || reader.byte() !== 0x41) throw invalidWasm(`its data segment ${i} has no constant address`);
    const address = reader.signed32() >>> 0;
    if (reader.byte() !== 0x0b) throw invalidWasm(`its data segment ${i} has no constant address`);
    if (address < PROGRAM_END) throw invalidWasm(`its data segment ${i} lies at ${address}, where the program goes`);
    reader.take(reader.unsigned());
  }
  if (reader.at !== data.body.length) throw invalidWasm('its data section has bytes after its last segment');
  return { count, body: data.body.subarray(start) };
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
