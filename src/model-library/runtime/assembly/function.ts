// Function objects. A native one names a function of this module by its table index and may hold one bound object;
// a host one names a slot of the host's table.
import { TVMFFIWasmFunctionDeleter as releaseHostFunction, TVMFFIWasmSafeCall as callHost } from './env';
import { NameTable, asciiCopy, setName } from './names';
import { Obj, Type, newObject, release, retain } from './object';

/** `bound` is the object that the function holds (or 0). Arguments are borrowed; an owned result goes into `result`. */
export type Native = (bound: usize, args: usize, count: i32, result: usize) => i32;

@unmanaged
export class Func extends Obj {
  isHost: u32;
  /** Table index of a native function, slot of a host function. */
  target: i32;
  bound: usize;
}

export function newNative(body: Native, bound: usize): usize {
  const f = changetype<Func>(newObject(Type.Function, offsetof<Func>()));
  f.target = body.index;
  f.bound = bound;
  retain(bound);
  return changetype<usize>(f);
}

export function newHostFunction(slot: i32): usize {
  const f = changetype<Func>(newObject(Type.Function, offsetof<Func>()));
  f.isHost = 1;
  f.target = slot;
  return changetype<usize>(f);
}

/** Calls any function object; 0 = ok. The result cell must be None before. */
export function call(object: usize, args: usize, count: i32, result: usize): i32 {
  const f = changetype<Func>(object);
  if (f.isHost) return callHost(f.target, args, count, result);
  return call_indirect<i32>(f.target, f.bound, args, count, result);
}

export function releaseFunction(object: usize): void {
  const f = changetype<Func>(object);
  if (f.isHost) releaseHostFunction(f.target);
  else release(f.bound);
}

/** Puts a native function into a table under an ASCII name. */
export function define(table: NameTable, name: string, body: Native): void {
  const text = asciiCopy(name);
  const f = newNative(body, 0);
  setName(table, text, name.length, f);
  release(f);
  heap.free(text);
}
