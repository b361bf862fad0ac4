// Names of the object types. The host asks for two of them at construction, and for records only when it prints an object.
//
// Type record:  0 i32 index   4 i32 depth   8 u32 name address   12 u32 name size
import { sameAscii } from './cell';
import { asciiCopy } from './names';
import { Type } from './object';

const RECORD_BYTES: usize = 64;

function typeName(index: i32): string {
  switch (index) {
    case Type.Object:
      return 'ffi.Object';
    case Type.String:
      return 'ffi.String';
    case Type.Bytes:
      return 'ffi.Bytes';
    case Type.Function:
      return 'ffi.Function';
    case Type.Shape:
      return 'ffi.Shape';
    case Type.Tensor:
      return 'ffi.Tensor';
    case Type.Array:
      return 'ffi.Array';
    case Type.Module:
      return 'ffi.Module';
    case Type.KvState:
      return 'daylight.KvState';
    case Type.Storage:
      return 'daylight.Storage';
  }
  return 'daylight.Unknown';
}

/** Index of a type by its ASCII name; -1 when there is none. */
export function typeIndexOf(at: usize, size: usize): i32 {
  for (let index = Type.Object; index <= Type.Storage; index++) {
    if (sameAscii(at, size, typeName(index))) return index;
  }
  return -1;
}

const records: usize = memory.data(130 * 4, 4);

/** The record of a type, made once and kept. */
export function typeRecord(index: i32): usize {
  const known = index >= 0 && index <= Type.Storage ? index : 0;
  const slot = records + <usize>known * 4;
  if (load<u32>(slot) == 0) {
    const name = typeName(known);
    const record = heap.alloc(RECORD_BYTES);
    memory.fill(record, 0, RECORD_BYTES);
    store<i32>(record, known);
    store<u32>(record, asciiCopy(name), 8);
    store<u32>(record, name.length, 12);
    store<u32>(slot, record);
  }
  return load<u32>(slot);
}
