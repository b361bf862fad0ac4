// One argument or result ("Any"), 16 bytes:
//
//   0          4                     8                       16
//   |-- type --|-- 0 or text size --|-- value, 8 bytes -----|
//
// Text of at most seven bytes sits in the value itself. Integers may arrive as Int, Bool or Float: JS has only one number.
import { Obj, Type, newObject, release, retain } from './object';

export const CELL_BYTES: usize = 16;
const SMALL_TEXT_BYTES: usize = 7;

/** Payload of Str and Bytes: where the bytes are and how many. */
@unmanaged
export class Text extends Obj {
  data: usize;
  size: usize;
}

export function cellAt(args: usize, index: i32): usize {
  return args + <usize>index * CELL_BYTES;
}

export function putNone(cell: usize): void {
  store<u64>(cell, 0);
  store<u64>(cell, 0, 8);
}
export function putInt(cell: usize, value: i64): void {
  store<u64>(cell, Type.Int);
  store<i64>(cell, value, 8);
}
export function putFloat(cell: usize, value: f64): void {
  store<u64>(cell, Type.Float);
  store<f64>(cell, value, 8);
}
export function putPointer(cell: usize, value: usize): void {
  store<u64>(cell, Type.Pointer);
  store<u64>(cell, value, 8);
}
/** Moves the caller's reference into the cell. */
export function putObject(cell: usize, object: usize): void {
  store<u64>(cell, changetype<Obj>(object).type);
  store<u64>(cell, object, 8);
}

/** The integer in a cell, whichever of the number types carries it. */
export function intIn(cell: usize): i64 {
  return load<i32>(cell) == Type.Float ? <i64>load<f64>(cell, 8) : load<i64>(cell, 8);
}
export function isNumber(cell: usize): bool {
  const type = load<i32>(cell);
  return type >= Type.Int && type <= Type.Float;
}
/** The object in a cell when it is of this type, otherwise 0. Borrowed. */
export function objectIn(cell: usize, type: i32): usize {
  return load<i32>(cell) == type ? load<usize>(cell, 8) : 0;
}

/** Where the text of the last successful `readText` is, and its size in bytes. */
export let textAt: usize = 0;
export let textSize: usize = 0;

/** Finds the bytes of a string or byte value; false when the cell holds something else. */
export function readText(cell: usize): bool {
  const value = load<usize>(cell, 8);
  switch (load<i32>(cell)) {
    case Type.RawString:
      textAt = value;
      textSize = 0;
      while (load<u8>(value + textSize) != 0) textSize++;
      return true;
    case Type.SmallString:
    case Type.SmallBytes:
      textAt = cell + 8;
      textSize = load<u32>(cell, 4);
      return true;
    case Type.String:
    case Type.Bytes:
      textAt = changetype<Text>(value).data;
      textSize = changetype<Text>(value).size;
      return true;
    case Type.ByteArray:
      textAt = load<u32>(value);
      textSize = load<u32>(value, 4);
      return true;
  }
  return false;
}

/** True when the last text read is exactly this ASCII word. */
export function textIs(word: string): bool {
  return sameAscii(textAt, textSize, word);
}

export function sameAscii(at: usize, size: usize, word: string): bool {
  if (size != <usize>word.length) return false;
  for (let i: usize = 0; i < size; i++) {
    if (load<u8>(at + i) != <u8>word.charCodeAt(<i32>i)) return false;
  }
  return true;
}

/** Puts an owned copy of some bytes into a cell, as a string or as plain bytes. */
export function putText(cell: usize, at: usize, size: usize, isString: bool): void {
  if (size <= SMALL_TEXT_BYTES) {
    let word: u64 = 0; // read first: `at` may lie in this very cell
    for (let i: usize = 0; i < size; i++) word |= (<u64>load<u8>(at + i)) << (<u64>i * 8);
    store<i32>(cell, isString ? Type.SmallString : Type.SmallBytes);
    store<u32>(cell, size, 4);
    store<u64>(cell, word, 8);
    return;
  }
  const text = changetype<Text>(newObject(isString ? Type.String : Type.Bytes, offsetof<Text>() + size + 1));
  text.data = changetype<usize>(text) + offsetof<Text>();
  text.size = size;
  memory.copy(text.data, at, size);
  putObject(cell, changetype<usize>(text));
}

/** Puts a string whose bytes stay where they are; only for memory that never moves, such as the program block. */
export function putLastingText(cell: usize, at: usize, size: usize): void {
  const text = changetype<Text>(newObject(Type.String, offsetof<Text>()));
  text.data = at;
  text.size = size;
  putObject(cell, changetype<usize>(text));
}

/** Makes an owned value out of a borrowed one. Source and target may be the same cell. */
export function copyOwned(source: usize, target: usize): void {
  const type = load<i32>(source);
  if (type == Type.RawString || type == Type.ByteArray) {
    readText(source);
    putText(target, textAt, textSize, type == Type.RawString);
    return;
  }
  const head = load<u64>(source);
  const value = load<u64>(source, 8);
  store<u64>(target, head);
  store<u64>(target, value, 8);
  if (type >= Type.Object) retain(<usize>value);
}

/** Drops what a cell owns. */
export function releaseCell(cell: usize): void {
  if (load<i32>(cell) >= Type.Object) release(load<u32>(cell, 8));
  putNone(cell);
}
