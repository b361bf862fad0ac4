import { describe, expect, it } from 'vitest';
import { isAppError } from '#base/errors.ts';
import { PROGRAM_AT, PROGRAM_END, packageModelLibrary, placeProgram } from '#model-library/package/package-library.ts';
import { encodeProgram } from '#model-library/program/encode.ts';
import { readRuntime } from '../runtime/host.ts';
import { PROGRAM } from '../runtime/library.ts';

const BLOCK = Uint8Array.of(1, 2, 3, 4, 5);
const PAGES = PROGRAM_END / 65_536;

const section = (id: number, ...body: number[]) => [id, ...leb(body.length), ...body];
const wasm = (...sections: number[][]) => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat());
const memory = (...limits: number[]) => section(5, 1, ...limits);
const exportMemory = section(7, 1, 6, ...[...'memory'].map((c) => c.charCodeAt(0)), 2, 0);
const segmentAt = (address: number, ...bytes: number[]) => [0, 0x41, ...sleb(address), 0x0b, bytes.length, ...bytes];

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}
function sleb(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...sleb(value >> 7)];
}

function contentOf(library: Uint8Array<ArrayBuffer>): Uint8Array {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(library));
  return new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
}

function reasonOf(bytes: Uint8Array): string {
  try {
    placeProgram(bytes, BLOCK);
  } catch (error) {
    if (isAppError(error, 'library-wasm')) return String(error.details.reason);
    throw error;
  }
  throw new Error('the module was taken');
}

describe('placing a program into a module', () => {
  const bare = wasm(memory(0, PAGES), exportMemory);

  it('adds a data section where there is none', () => {
    expect(contentOf(placeProgram(bare, BLOCK)).slice(PROGRAM_AT - 1, PROGRAM_AT + 6)).toEqual(
      Uint8Array.of(0, 1, 2, 3, 4, 5, 0),
    );
  });

  it('keeps the segments that are there, and a data count and custom sections', () => {
    const data = section(11, 1, ...segmentAt(PROGRAM_END, 9, 9));
    const custom = section(0, 1, 0x78, 7, 7);
    const module = wasm(memory(0, PAGES + 1), exportMemory, section(12, 1), data, custom);
    const library = placeProgram(module, BLOCK);
    const content = contentOf(library);
    expect(content.slice(PROGRAM_END, PROGRAM_END + 3)).toEqual(Uint8Array.of(9, 9, 0));
    expect(content.slice(PROGRAM_AT, PROGRAM_AT + 5)).toEqual(BLOCK);
    expect([...library.slice(-custom.length)]).toEqual(custom);
  });

  it('takes every size of program up to the last byte', () => {
    for (const size of [0, 127, 128, 16_383, 16_384, PROGRAM_END - PROGRAM_AT]) {
      const block = new Uint8Array(size).fill(7);
      const content = contentOf(placeProgram(bare, block));
      // Buffer's own comparison: the matcher takes seconds over a megabyte.
      expect(Buffer.compare(content.subarray(PROGRAM_AT, PROGRAM_AT + size), block)).toBe(0);
      expect(content[PROGRAM_AT + size] ?? 0).toBe(0);
    }
  });

  it('leaves the module it is given alone', () => {
    const before = bare.slice();
    placeProgram(bare, BLOCK);
    expect(bare).toEqual(before);
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'it does not begin as a wasm module'],
    ['text', new TextEncoder().encode('<!doctype html>'), 'it does not begin as a wasm module'],
    ['another version', Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), 'it does not begin as a wasm module'],
    ['no memory', wasm(exportMemory), 'it has no memory of its own'],
    ['two memories', wasm(section(5, 2, 0, 1, 0, 1)), 'it has more than one memory'],
    ['a shared memory', wasm(section(5, 1, 3, 1, 2)), 'its memory has the flags 3'],
    ['too few pages', wasm(memory(0, PAGES - 1)), 'its memory starts with 15 pages, too few for a program'],
    [
      'data where the program goes',
      wasm(memory(0, PAGES), section(11, 1, ...segmentAt(PROGRAM_END - 1, 1))),
      'its data segment 0 lies at 1048575, where the program goes',
    ],
    [
      'a library that has a program',
      placeProgram(bare, BLOCK),
      'its data segment 0 lies at 1024, where the program goes',
    ],
    [
      'a passive segment',
      wasm(memory(0, PAGES), section(11, 1, 1, 1, 9)),
      'its data segment 0 has no constant address',
    ],
    [
      'an address from a global',
      wasm(memory(0, PAGES), section(11, 1, 0, 0x23, 0, 0x0b, 1, 9)),
      'its data segment 0 has no constant address',
    ],
    [
      'bytes after the last segment',
      wasm(memory(0, PAGES), section(11, 0, 1)),
      'its data section has bytes after its last segment',
    ],
    ['an unknown section', wasm([99, 0]), 'it has a section of the unknown kind 99'],
    [
      'a length past 32 bits',
      wasm([1, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      'it has a number of more than 32 bits before byte 14',
    ],
    ['a length past the end', wasm([1, 0x80, 0x80, 0x80, 0x80, 0x01]), 'it ends inside 268435456 bytes at 14'],
  ])('refuses %s', (_, module, reason) => {
    expect(reasonOf(module)).toBe(reason);
  });

  it('refuses the module cut at any byte', () => {
    const whole = wasm(memory(0, PAGES + 1), section(11, 1, ...segmentAt(PROGRAM_END, 9, 9)));
    const isWhole = (end: number) => end === wasm(memory(0, PAGES + 1)).length; // a module of memory alone is one
    for (let end = 0; end < whole.length; end++) {
      if (!isWhole(end)) expect(() => reasonOf(whole.slice(0, end)), `cut at ${end}`).not.toThrow();
    }
  });
});

describe('packageModelLibrary', () => {
  it('puts the encoded program into the runtime', () => {
    const library = packageModelLibrary(readRuntime(), PROGRAM);
    const env = { TVMFFIWasmSafeCall: () => 0, TVMFFIWasmFunctionDeleter: () => undefined };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(library), { env });
    const block = encodeProgram(PROGRAM);
    const memory = (instance.exports.memory as WebAssembly.Memory).buffer;
    expect(new Uint8Array(memory, PROGRAM_AT, block.length)).toEqual(block);
  });

  it('refuses a program that is larger than its place', () => {
    const step = PROGRAM.tasks.embed[0]!;
    if (step.type !== 'dispatch') throw new Error('the program begins with a dispatch');
    const embed = [{ ...step, kernel: { ...step.kernel, code: ' '.repeat(PROGRAM_END) } }];
    const large = { ...PROGRAM, tasks: { ...PROGRAM.tasks, embed } };
    expect(() => packageModelLibrary(readRuntime(), large)).toThrow(
      /The model's program takes 10\d{5} bytes; at most 1047552 fit/,
    );
  });
});
