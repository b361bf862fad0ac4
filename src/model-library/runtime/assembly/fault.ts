// The text of the last failure. It lives in a fixed buffer, so that failing allocates nothing.
// A failure of our own reads "DaylightLibrary[code]: sentence"; model-library/package/fault.ts maps the codes to AppErrors.

export namespace Fault {
  export const Trap = 1;
  export const Unprogrammed = 2;
  export const BadCall = 3;
  export const ParameterMissing = 4;
  export const ParameterSize = 5;
  export const KvFull = 6;
  export const ChunkTooLong = 7;
  export const UnknownSequence = 8;
  export const KernelMissing = 9;
  export const PastRotaryTable = 10;
  export const Gpu = 11;
  export const PopTooFar = 12;
  export const Unsupported = 13;
  export const Shape = 14;
  export const OutOfMemory = 15;
}

const CAPACITY = 2048;
const buffer: usize = memory.data(CAPACITY);
let used: usize = 0;

/** NUL-terminated text of the last failure. */
export function lastFault(): usize {
  return buffer;
}

function putByte(byte: u32): void {
  if (used >= <usize>(CAPACITY - 1)) return;
  store<u8>(buffer + used++, byte);
  store<u8>(buffer + used, 0);
}

function putNumber(value: i64): void {
  if (value < 0) {
    putByte(0x2d);
    value = -value;
  }
  if (value >= 10) putNumber(value / 10);
  putByte(0x30 + <u32>(value % 10));
}

function putBytes(at: usize, size: usize): void {
  for (let i: usize = 0; i < size; i++) {
    const byte = load<u8>(at + i);
    putByte(byte >= 0x20 && byte < 0x7f ? byte : 0x3f); // the host decodes byte by byte: ASCII only
  }
}

function putCString(at: usize): void {
  for (; load<u8>(at) != 0; at++) putByte(load<u8>(at));
}

/** Keeps an error that the host raised. Both texts die after the call, so they are copied. */
export function keepHostFault(kind: usize, message: usize): void {
  used = 0;
  putCString(kind);
  putByte(0x3a);
  putByte(0x20);
  putCString(message);
}

/** Writes a failure's text and returns the status to hand back. In `template`, `#` is the next number and `@` the name. */
export function raise(code: i32, template: string, a: i64 = 0, b: i64 = 0, name: usize = 0, nameSize: usize = 0): i32 {
  used = 0;
  let numbers = 0;
  const prefix = 'DaylightLibrary[';
  for (let i = 0; i < prefix.length; i++) putByte(prefix.charCodeAt(i));
  putNumber(code);
  putByte(0x5d);
  putByte(0x3a);
  putByte(0x20);
  for (let i = 0, n = template.length; i < n; i++) {
    const unit = template.charCodeAt(i);
    if (unit == 0x23) putNumber(numbers++ == 0 ? a : b);
    else if (unit == 0x40) putBytes(name, nameSize);
    else putByte(unit);
  }
  return -1;
}

/** What AssemblyScript's own code calls when it cannot go on, which here means that memory ran out. */
export function abortHandler(message: usize, file: usize, line: u32, column: u32): void {
  raise(
    Fault.Trap,
    'The library stopped at line #, column # of its allocator; memory ran out or was damaged.',
    line,
    column,
  );
  unreachable();
}
