// The C functions that the host's glue calls. All that return a status give 0 for success; the text of a failure waits in
// TVMFFIWasmGetLastError. Addresses stay below 2 GiB because the glue takes them as signed numbers.
import { call as callFunction } from './function';
import { copyOwned } from './cell';
import { Fault, keepHostFault, lastFault, raise } from './fault';
import { newHostFunction } from './function';
import { globals } from './global-table';
import { defineKvFunctions } from './kv-functions';
import { defineMachineFunctions } from './machine';
import { lookUp, setName } from './names';
import { release, retain } from './object';
import { defineParameterFunctions } from './parameter-functions';
import { defineSystemFunctions } from './system-functions';
import { defineTensorFunctions } from './tensor-functions';
import { typeIndexOf, typeRecord } from './type-names';

defineSystemFunctions();
defineTensorFunctions();
defineParameterFunctions();
defineKvFunctions();
defineMachineFunctions();

/** The allocator's own limit, from which on it would trap. */
const MAX_ALLOCATION: usize = 0x3fff0000;

export function TVMWasmAllocSpace(size: usize): usize {
  return size > MAX_ALLOCATION ? 0 : heap.alloc(max(size, 1));
}

export function TVMWasmFreeSpace(at: usize): void {
  if (at != 0) heap.free(at);
}

export function TVMFFIWasmGetLastError(): usize {
  return lastFault();
}

export function TVMFFIErrorSetRaisedFromCStr(kind: usize, message: usize): void {
  keepHostFault(kind, message);
}

export function TVMFFIWasmFunctionCreate(slot: i32, out: usize): i32 {
  store<u32>(out, newHostFunction(slot));
  return 0;
}

/** `name` is {u32 address, u32 size}; an absent function is 0, which is no failure. */
export function TVMFFIFunctionGetGlobal(name: usize, out: usize): i32 {
  const found = lookUp(globals, load<u32>(name), load<u32>(name, 4));
  retain(found);
  store<u32>(out, found);
  return 0;
}

export function TVMFFIFunctionSetGlobal(name: usize, func: usize, mayReplace: i32): i32 {
  const at = load<u32>(name);
  const size = load<u32>(name, 4);
  if (mayReplace == 0 && lookUp(globals, at, size) != 0) {
    return raise(Fault.BadCall, 'A global function @ exists already.', 0, 0, at, size);
  }
  setName(globals, at, size, func);
  return 0;
}

export function TVMFFIFunctionCall(func: usize, args: usize, count: i32, result: usize): i32 {
  return callFunction(func, args, count, result);
}

export function TVMFFIObjectIncRef(object: usize): i32 {
  retain(object);
  return 0;
}

export function TVMFFIObjectDecRef(object: usize): i32 {
  release(object);
  return 0;
}

export function TVMFFIAnyViewToOwnedAny(source: usize, target: usize): i32 {
  copyOwned(source, target);
  return 0;
}

export function TVMFFITypeKeyToIndex(name: usize, out: usize): i32 {
  const at = load<u32>(name);
  const size = load<u32>(name, 4);
  const index = typeIndexOf(at, size);
  if (index < 0) return raise(Fault.Unsupported, 'Type @ is not known to the library.', 0, 0, at, size);
  store<i32>(out, index);
  return 0;
}

export function TVMFFIGetTypeInfo(index: i32): usize {
  return typeRecord(index);
}

// The host asks for data types as text only for values that the library never gives out.
export function TVMFFIDataTypeFromString(text: usize, out: usize): i32 {
  return raise(Fault.Unsupported, 'Data types as values are not supported.');
}

export function TVMFFIDataTypeToString(type: usize, out: usize): i32 {
  return raise(Fault.Unsupported, 'Data types as values are not supported.');
}
