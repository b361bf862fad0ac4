// Every object the host can hold. It reads `type` at +8 and the payload at +24; all else is ours.
//
//   0        4        8        12       16                  24
//   |-strong-|--weak--|--type--|--pad---|-- mark -|-- pad --|-- payload --
//
// `mark` is one word for the object's own use; a parameter array keeps "was checked" there.
import { releaseArray } from './lists';
import { releaseFunction } from './function';
import { releaseKvState } from './kv-state';
import { releaseModule } from './module';
import { releaseStorage, releaseTensor } from './tensor';

export namespace Type {
  export const None = 0;
  export const Int = 1;
  export const Bool = 2;
  export const Float = 3;
  export const Pointer = 4;
  export const Device = 6;
  export const RawString = 8;
  export const ByteArray = 9;
  export const SmallString = 11;
  export const SmallBytes = 12;
  export const Object = 64;
  export const String = 65;
  export const Bytes = 66;
  export const Function = 68;
  export const Shape = 69;
  export const Tensor = 70;
  export const Array = 71;
  export const Module = 73;
  export const KvState = 128;
  export const Storage = 129;
}

@unmanaged
export class Obj {
  strong: u32;
  weak: u32;
  type: i32;
  pad0: u32;
  mark: u32;
  pad1: u32;
}

export let liveObjects: i32 = 0;

/** A new object of `size` bytes, header included, all zero behind the header; the caller owns its one reference. */
export function newObject(type: i32, size: usize): usize {
  const at = heap.alloc(size);
  memory.fill(at, 0, size);
  const o = changetype<Obj>(at);
  o.strong = 1;
  o.weak = 1;
  o.type = type;
  liveObjects++;
  return at;
}

export function retain(object: usize): void {
  if (object != 0) changetype<Obj>(object).strong++;
}

/** Drops one reference; the last one frees the object and what it holds. */
export function release(object: usize): void {
  if (object == 0) return;
  const o = changetype<Obj>(object);
  if (--o.strong != 0) return;
  switch (o.type) {
    case Type.Array:
      releaseArray(object);
      break;
    case Type.Function:
      releaseFunction(object);
      break;
    case Type.Tensor:
      releaseTensor(object);
      break;
    case Type.Storage:
      releaseStorage(object);
      break;
    case Type.Module:
      releaseModule(object);
      break;
    case Type.KvState:
      releaseKvState(object);
      break;
  }
  liveObjects--;
  heap.free(object);
}
