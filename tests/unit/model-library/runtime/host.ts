// The host's side of the calling convention, as much as the library's own tests need: cells, function table, buffers of
// bytes in place of the GPU's, and a record of every kernel launch. It computes nothing; the browser tests do.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const TYPE = {
  none: 0,
  int: 1,
  float: 3,
  pointer: 4,
  device: 6,
  rawString: 8,
  byteArray: 9,
  smallString: 11,
  smallBytes: 12,
  string: 65,
  bytes: 66,
  function: 68,
  shape: 69,
  tensor: 70,
  array: 71,
  module: 73,
} as const;

export const CPU = 1;
export const WEBGPU = 15;

/** A value that a call takes: objects by their handle, devices and bytes as such. */
export type Value =
  | null
  | number
  | string
  | Uint8Array
  | { readonly type: number; readonly handle: number }
  | { readonly device: number };

export type Launch = { readonly kernel: string; readonly values: readonly number[] };

type Exports = {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  TVMWasmAllocSpace(size: number): number;
  TVMWasmFreeSpace(at: number): void;
  TVMFFIWasmGetLastError(): number;
  TVMFFIErrorSetRaisedFromCStr(kind: number, message: number): void;
  TVMFFIWasmFunctionCreate(slot: number, out: number): number;
  TVMFFIFunctionGetGlobal(name: number, out: number): number;
  TVMFFIFunctionSetGlobal(name: number, func: number, mayReplace: number): number;
  TVMFFIFunctionCall(func: number, args: number, count: number, result: number): number;
  TVMFFIObjectIncRef(object: number): number;
  TVMFFIObjectDecRef(object: number): number;
  TVMFFIAnyViewToOwnedAny(source: number, target: number): number;
  TVMFFITypeKeyToIndex(name: number, out: number): number;
  TVMFFIGetTypeInfo(index: number): number;
};

export type HostFunction = (...args: (number | string)[]) => number | string | HostFunction | void;

const CELL_BYTES = 16;
const encoder = new TextEncoder();

/** The compiled runtime; `npm run build:runtime` makes it. */
export function readRuntime(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(resolve('src/model-library/runtime/build/runtime.wasm')));
}

export class Host {
  readonly exports: Exports;
  /** Bytes of each buffer by its number; index 0 is never given out. */
  readonly buffers: (Uint8Array | null)[] = [null];
  readonly launches: Launch[] = [];
  readonly #functions: (HostFunction | null)[] = [null];

  constructor(wasm: Uint8Array<ArrayBuffer>) {
    const env = {
      TVMFFIWasmSafeCall: (self: number, args: number, count: number, result: number) =>
        this.#callFromLibrary(self, args, count, result),
      TVMFFIWasmFunctionDeleter: (self: number) => {
        if (!this.#functions[self]) throw new Error(`function ${self} was released twice`);
        this.#functions[self] = null;
      },
    };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env });
    this.exports = instance.exports as unknown as Exports;
    this.exports._initialize();
  }

  /** Host functions that the library still holds. */
  get functionCount(): number {
    return this.#functions.filter((value) => value !== null).length;
  }

  get view(): DataView {
    return new DataView(this.exports.memory.buffer);
  }

  bytes(at: number, size: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, at, size);
  }

  lastError(): string {
    const memory = new Uint8Array(this.exports.memory.buffer);
    const at = this.exports.TVMFFIWasmGetLastError();
    return String.fromCharCode(...memory.subarray(at, memory.indexOf(0, at)));
  }

  /** Registers a host function under a global name. */
  setGlobal(name: string, body: HostFunction): void {
    const handle = this.#createFunction(body);
    this.#withName(name, (at) => this.#check(this.exports.TVMFFIFunctionSetGlobal(at, handle, 1)));
    this.release(handle);
  }

  /** Calls a global function. The caller releases an object that comes back. */
  call(name: string, ...args: Value[]): Value {
    const handle = this.getGlobal(name);
    if (handle === 0) throw new Error(`no global function ${name}`);
    try {
      return this.callHandle(handle, args);
    } finally {
      this.release(handle);
    }
  }

  /** An owned handle; 0 when there is no such function. */
  getGlobal(name: string): number {
    return this.#withName(name, (at, out) => {
      this.#check(this.exports.TVMFFIFunctionGetGlobal(at, out));
      return this.view.getUint32(out, true);
    });
  }

  callHandle(handle: number, args: readonly Value[]): Value {
    const stack = this.exports.TVMWasmAllocSpace((args.length + 1) * CELL_BYTES);
    const temporary: number[] = [];
    args.forEach((value, index) => this.#writeCell(stack + index * CELL_BYTES, value, temporary));
    const result = stack + args.length * CELL_BYTES;
    this.bytes(result, CELL_BYTES).fill(0);
    const status = this.exports.TVMFFIFunctionCall(handle, stack, args.length, result);
    const value = status === 0 ? this.#takeCell(result) : null;
    for (const at of temporary) this.exports.TVMWasmFreeSpace(at);
    this.exports.TVMWasmFreeSpace(stack);
    this.#check(status);
    return value;
  }

  release(value: Value): void {
    if (typeof value === 'number') this.exports.TVMFFIObjectDecRef(value);
    else if (value && typeof value === 'object' && 'handle' in value) this.exports.TVMFFIObjectDecRef(value.handle);
  }

  /** Index of a type by its name; throws when there is none. */
  typeIndex(name: string): number {
    return this.#withName(name, (at, out) => {
      this.#check(this.exports.TVMFFITypeKeyToIndex(at, out));
      return this.view.getInt32(out, true);
    });
  }

  /** A device of plain bytes, under the names by which the library asks for WebGPU's functions. */
  installDevice(): void {
    const buffer = (id: unknown) => {
      const bytes = this.buffers[Number(id)];
      if (!bytes) throw new Error(`buffer ${String(id)} does not exist`);
      return bytes;
    };
    const api: Record<string, HostFunction> = {
      deviceAllocDataSpace: (size) => this.buffers.push(new Uint8Array(Math.ceil(Number(size) / 4) * 4)) - 1,
      deviceFreeDataSpace: (id) => {
        buffer(id);
        this.buffers[Number(id)] = null;
      },
      deviceCopyToGPU: (at, id, offset, size) => buffer(id).set(this.bytes(Number(at), Number(size)), Number(offset)),
      deviceCopyFromGPU: (id, offset, at, size) =>
        this.bytes(Number(at), Number(size)).set(buffer(id).subarray(Number(offset), Number(offset) + Number(size))),
      deviceCopyWithinGPU: (from, fromOffset, to, toOffset, size) =>
        buffer(to).set(buffer(from).slice(Number(fromOffset), Number(fromOffset) + Number(size)), Number(toOffset)),
    };
    this.setGlobal('wasm.WebGPUDeviceAPI', (name) => api[String(name)]);
  }

  /** A function that the host hands over as an argument; released by whoever made it. */
  createFunction(body: HostFunction): { type: number; handle: number } {
    return { type: TYPE.function, handle: this.#createFunction(body) };
  }

  #createFunction(body: HostFunction): number {
    const slot = this.#functions.push(body) - 1;
    const out = this.exports.TVMWasmAllocSpace(4);
    this.#check(this.exports.TVMFFIWasmFunctionCreate(slot, out));
    const handle = this.view.getUint32(out, true);
    this.exports.TVMWasmFreeSpace(out);
    return handle;
  }

  #callFromLibrary(self: number, args: number, count: number, result: number): number {
    try {
      const body = this.#functions[self];
      if (!body) throw new Error(`function ${self} was called after its release`);
      const values = Array.from({ length: count }, (_, index) => {
        const cell = args + index * CELL_BYTES;
        // As the glue does: text and objects become owned in place, and the host uses up that reference.
        if (this.view.getInt32(cell, true) >= 8) this.exports.TVMFFIAnyViewToOwnedAny(cell, cell);
        const value = this.#takeCell(cell);
        if (typeof value !== 'number' && typeof value !== 'string')
          throw new Error('an argument of an unexpected kind');
        return value;
      });
      const value = body(...values);
      if (value !== undefined) this.#writeResult(result, value);
      return 0;
    } catch (error) {
      const kind = this.#text('Error\0');
      const message = this.#text(`${error instanceof Error ? error.message : String(error)}\0`);
      this.exports.TVMFFIErrorSetRaisedFromCStr(kind, message);
      this.exports.TVMWasmFreeSpace(kind);
      this.exports.TVMWasmFreeSpace(message);
      return -1;
    }
  }

  /** A value for the library, which owns it from here on. */
  #writeResult(cell: number, value: number | string | HostFunction): void {
    const temporary: number[] = [];
    this.#writeCell(cell, typeof value === 'function' ? this.createFunction(value) : value, temporary);
    if (typeof value === 'string') this.exports.TVMFFIAnyViewToOwnedAny(cell, cell);
    for (const at of temporary) this.exports.TVMWasmFreeSpace(at);
  }

  #text(text: string): number {
    const bytes = encoder.encode(text);
    const at = this.exports.TVMWasmAllocSpace(bytes.length);
    this.bytes(at, bytes.length).set(bytes);
    return at;
  }

  #withName<T>(name: string, use: (name: number, out: number) => T): T {
    const text = this.#text(name);
    const pair = this.exports.TVMWasmAllocSpace(12);
    this.view.setUint32(pair, text, true);
    this.view.setUint32(pair + 4, name.length, true);
    try {
      return use(pair, pair + 8);
    } finally {
      this.exports.TVMWasmFreeSpace(pair);
      this.exports.TVMWasmFreeSpace(text);
    }
  }

  #writeCell(cell: number, value: Value, temporary: number[]): void {
    this.bytes(cell, CELL_BYTES).fill(0);
    const set = (type: number, word: number) => {
      this.view.setInt32(cell, type, true);
      this.view.setUint32(cell + 8, word, true);
    };
    if (value === null) return;
    if (typeof value === 'number') {
      this.view.setInt32(cell, TYPE.float, true);
      this.view.setFloat64(cell + 8, value, true);
    } else if (typeof value === 'string') {
      const text = this.#text(`${value}\0`);
      temporary.push(text);
      set(TYPE.rawString, text);
    } else if (value instanceof Uint8Array) {
      const at = this.exports.TVMWasmAllocSpace(value.length + 8);
      temporary.push(at);
      this.view.setUint32(at, at + 8, true);
      this.view.setUint32(at + 4, value.length, true);
      this.bytes(at + 8, value.length).set(value);
      set(TYPE.byteArray, at);
    } else if ('device' in value) {
      set(TYPE.device, value.device);
    } else {
      set(value.type, value.handle);
    }
  }

  /** Reads a cell and, for text, drops the reference that came with it. */
  #takeCell(cell: number): Value {
    const type = this.view.getInt32(cell, true);
    const word = this.view.getUint32(cell + 8, true);
    switch (type) {
      case TYPE.none:
        return null;
      case TYPE.int:
        return Number(this.view.getBigInt64(cell + 8, true));
      case TYPE.float:
        return this.view.getFloat64(cell + 8, true);
      case TYPE.pointer:
        return word;
      case TYPE.smallString:
        return String.fromCharCode(...this.bytes(cell + 8, this.view.getUint32(cell + 4, true)));
      case TYPE.smallBytes:
        return this.bytes(cell + 8, this.view.getUint32(cell + 4, true)).slice();
      case TYPE.string:
      case TYPE.bytes: {
        const content = this.bytes(this.view.getUint32(word + 24, true), this.view.getUint32(word + 28, true)).slice();
        this.exports.TVMFFIObjectDecRef(word);
        return type === TYPE.bytes ? content : new TextDecoder().decode(content);
      }
      default:
        return { type, handle: word };
    }
  }

  #check(status: number): void {
    if (status !== 0) throw new Error(this.lastError());
  }
}
