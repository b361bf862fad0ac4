// Reads the program: what to do for one model, made in TypeScript and placed at PROGRAM_AT when the library was packaged.
// model-library/program/encode.ts draws the layout and is the only writer; offsets count from the block's start.

/** Linear memory from here to 1 MiB belongs to the program; this module's own data begins there (memoryBase, asconfig.json). */
const PROGRAM_AT: usize = 1024;
const MAGIC: u32 = 0x474c5944; // "DYLG"
const FORMAT: u32 = 1;
/** Kernels a program may have: the launchers' table has this many places. */
export const KERNEL_LIMIT = 256;

export namespace Header {
  export const Magic: usize = 0;
  export const Format: usize = 4;
  export const Size: usize = 8;
  export const Hidden: usize = 12;
  export const Vocabulary: usize = 16;
  export const PrefillChunk: usize = 20;
  export const PositionLimit: usize = 24;
  export const RotaryState: usize = 28;
  export const Metadata: usize = 32;
  export const KernelMap: usize = 40;
  export const Kernels: usize = 48;
  export const Parameters: usize = 56;
  export const States: usize = 64;
  export const Frequencies: usize = 72;
  export const Functions: usize = 80;
}

/** In the order of FUNCTIONS in model-library/program/program.ts. */
export namespace Task {
  export const Embed = 0;
  export const Prefill = 1;
  export const Decode = 2;
  export const Softmax = 3;
  export const Sample = 4;
  export const Penalty = 5;
  export const Bias = 6;
  export const Bitmask = 7;
  export const LayerCheck = 8;
}

function word(at: usize): u32 {
  return load<u32>(PROGRAM_AT + at);
}
/** Address of the list whose {offset, count} pair is at `field`. */
function listAt(field: usize): usize {
  return PROGRAM_AT + word(field);
}
export function textAddress(field: usize): usize {
  return PROGRAM_AT + word(field);
}
export function textLength(field: usize): usize {
  return word(field + 4);
}

/** True when a program of this format is there. The packager has checked everything else about it. */
export function isProgrammed(): bool {
  return word(Header.Magic) == MAGIC && word(Header.Format) == FORMAT;
}
export function hidden(): i32 {
  return word(Header.Hidden);
}
export function vocabulary(): i32 {
  return word(Header.Vocabulary);
}
export function prefillChunk(): i32 {
  return word(Header.PrefillChunk);
}
/** Positions the model knows: the rotary table's rows under a sliding window. */
export function positionLimit(): i32 {
  return word(Header.PositionLimit);
}

// Parameters: {name offset, name size, bytes}, 12 bytes.
export function parameterCount(): i32 {
  return word(Header.Parameters + 4);
}
function parameterAt(index: i32): usize {
  return listAt(Header.Parameters) + <usize>index * 12;
}
export function parameterName(index: i32): usize {
  return PROGRAM_AT + load<u32>(parameterAt(index));
}
export function parameterNameSize(index: i32): usize {
  return load<u32>(parameterAt(index), 4);
}
export function parameterBytes(index: i32): i64 {
  return <i64>load<u32>(parameterAt(index), 8);
}

// State buffers: {bytes a position, bytes a row, fixed bytes}, 12 bytes.
export function stateCount(): i32 {
  return word(Header.States + 4);
}
export function rotaryState(): i32 {
  return word(Header.RotaryState);
}
export function stateBytes(index: i32, positions: i32, rows: i32): i64 {
  const at = listAt(Header.States) + <usize>index * 12;
  return <i64>load<u32>(at) * positions + <i64>load<u32>(at, 4) * rows + <i64>load<u32>(at, 8);
}

// Inverse frequencies: f64 each, half a head of them.
export function frequencyCount(): i32 {
  return word(Header.Frequencies + 4);
}
export function frequency(index: i32): f64 {
  return load<f64>(listAt(Header.Frequencies) + <usize>index * 8);
}

// Kernels, 56 bytes: name {offset, size}, code {offset, size}, bindings, scalars, eight scalar variables (one byte each),
// then the grid's two sides {variable, mul, div}.
const KERNEL_BYTES: usize = 56;

export function kernelCount(): i32 {
  return word(Header.Kernels + 4);
}
function kernelAt(index: i32): usize {
  return listAt(Header.Kernels) + <usize>index * KERNEL_BYTES;
}
export function kernelNameAt(index: i32): usize {
  return PROGRAM_AT + load<u32>(kernelAt(index));
}
export function kernelNameSize(index: i32): usize {
  return load<u32>(kernelAt(index), 4);
}
export function kernelCodeAt(index: i32): usize {
  return PROGRAM_AT + load<u32>(kernelAt(index), 8);
}
export function kernelCodeSize(index: i32): usize {
  return load<u32>(kernelAt(index), 12);
}
export function kernelBindings(index: i32): i32 {
  return load<u32>(kernelAt(index), 16);
}
export function kernelScalars(index: i32): i32 {
  return load<u32>(kernelAt(index), 20);
}
export function kernelScalar(index: i32, scalar: i32): i32 {
  return load<u8>(kernelAt(index) + <usize>scalar, 24);
}
/** Address of {variable, mul, div} of grid side 0 (x) or 1 (y). */
export function gridSideAt(index: i32, side: i32): usize {
  return kernelAt(index) + 32 + <usize>side * 12;
}
/** Index of the kernel with this name, -1 when there is none. */
export function findKernel(at: usize, size: usize): i32 {
  for (let i = 0, n = kernelCount(); i < n; i++) {
    if (kernelNameSize(i) == size && memory.compare(kernelNameAt(i), at, size) == 0) return i;
  }
  return -1;
}

// Steps: a word (kernel index, or FLUSH), then one word a binding: space in the top byte, index below.
export const FLUSH: u32 = 0xffffffff;

export function stepsAt(task: i32): usize {
  return listAt(Header.Functions + <usize>task * 8);
}
export function stepCount(task: i32): i32 {
  return word(Header.Functions + <usize>task * 8 + 4);
}
