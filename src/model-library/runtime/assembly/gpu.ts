// The host's WebGPU: five device functions, and launching kernels. Outgoing arguments are written into one static frame, so
// nothing is allocated. The host may call back into the allocator while it runs, but never into this file.
import { cellAt, objectIn, putFloat, putInt, putNone, putPointer, putText } from './cell';
import { Fault, raise } from './fault';
import { Func, call } from './function';
import { globals } from './global-table';
import { TVMFFIWasmSafeCall as callHost } from './env';
import { asciiCopy, lookUp } from './names';
import { Type, release, retain } from './object';
import { KERNEL_LIMIT, kernelNameAt, kernelNameSize } from './program';

/** Cells of one call: at most 10 buffers, 8 scalars and 2 grid sides. */
const frame: usize = memory.data(32 * 16, 16);
const result: usize = memory.data(16, 16);
/** Function object by kernel index owned; 0 until the host has made its pipeline. */
const launchers: usize = memory.data(KERNEL_LIMIT * 4, 4);

export let dispatchCount: i32 = 0;
export let bufferCount: i32 = 0;

let allocateSlot: i32 = -1;
let freeSlot: i32 = -1;
let uploadSlot: i32 = -1;
let downloadSlot: i32 = -1;
let copySlot: i32 = -1;
let isReady = false;

/** Asks the host for one of its device functions; it is kept for ever. */
function deviceFunction(api: usize, name: string): i32 {
  const text = asciiCopy(name);
  putText(frame, text, name.length, true); // the host consumes a reference of its own, ours is dropped below
  const owned = objectIn(frame, Type.String);
  putNone(result);
  const status = call(api, frame, 1, result);
  release(owned);
  heap.free(text);
  const found = status == 0 ? objectIn(result, Type.Function) : 0;
  if (found == 0) isReady = false;
  return found == 0 ? -1 : changetype<Func>(found).target;
}

function prepare(): bool {
  if (isReady) return true;
  const name = asciiCopy('wasm.WebGPUDeviceAPI');
  const api = lookUp(globals, name, 20);
  heap.free(name);
  if (api == 0) {
    raise(Fault.Gpu, 'WebGPU is not initialised: the page has not registered its device.');
    return false;
  }
  isReady = true;
  allocateSlot = deviceFunction(api, 'deviceAllocDataSpace');
  freeSlot = deviceFunction(api, 'deviceFreeDataSpace');
  uploadSlot = deviceFunction(api, 'deviceCopyToGPU');
  downloadSlot = deviceFunction(api, 'deviceCopyFromGPU');
  copySlot = deviceFunction(api, 'deviceCopyWithinGPU');
  if (!isReady) raise(Fault.Gpu, "The page's WebGPU device lacks a function that the library needs.");
  return isReady;
}

function callFrame(slot: i32, count: i32): i32 {
  putNone(result);
  return callHost(slot, frame, count, result);
}

/** A new buffer of the device, its number; 0 after a failure. Running out of memory shows later, as a lost device. */
export function newBuffer(bytes: f64): usize {
  if (!prepare()) return 0;
  putFloat(frame, bytes);
  if (callFrame(allocateSlot, 1) != 0) return 0;
  bufferCount++;
  return <usize>load<f64>(result, 8); // numbers of the host come back as Float
}

export function destroyBuffer(buffer: usize): void {
  putPointer(frame, buffer);
  callFrame(freeSlot, 1);
}

/** Copies `bytes` bytes at `from` into a buffer. The bytes are taken at once; what was encoded so far is submitted. */
export function upload(from: usize, buffer: usize, offset: f64, bytes: f64): i32 {
  if (!prepare()) return -1;
  putPointer(frame, from);
  putPointer(cellAt(frame, 1), buffer);
  putFloat(cellAt(frame, 2), offset);
  putFloat(cellAt(frame, 3), bytes);
  return callFrame(uploadSlot, 4);
}

/** Asks for bytes of a buffer. They arrive before the host's `sync()` resolves, so `to` must live till then. */
export function download(buffer: usize, offset: f64, to: usize, bytes: f64): i32 {
  if (!prepare()) return -1;
  putPointer(frame, buffer);
  putFloat(cellAt(frame, 1), offset);
  putPointer(cellAt(frame, 2), to);
  putFloat(cellAt(frame, 3), bytes);
  return callFrame(downloadSlot, 4);
}

/** Copies between two different buffers, in order with the dispatches. */
export function copyBuffer(from: usize, fromOffset: f64, to: usize, toOffset: f64, bytes: f64): i32 {
  if (!prepare()) return -1;
  putPointer(frame, from);
  putFloat(cellAt(frame, 1), fromOffset);
  putPointer(cellAt(frame, 2), to);
  putFloat(cellAt(frame, 3), toOffset);
  putFloat(cellAt(frame, 4), bytes);
  return callFrame(copySlot, 5);
}

let flushBuffer: usize = 0;
const zeroes: usize = memory.data(16, 8);

/** Submits what has been encoded so far, so that the GPU starts while we go on: an upload makes the host do that. */
export function flush(): i32 {
  if (flushBuffer == 0) flushBuffer = newBuffer(16);
  return flushBuffer == 0 ? -1 : upload(zeroes, flushBuffer, 0, 4);
}

/** Keeps the function that launches kernel `index`. */
export function setLauncher(index: i32, launcher: usize): void {
  const at = launchers + <usize>index * 4;
  const old = load<u32>(at);
  retain(launcher);
  store<u32>(at, launcher);
  release(old);
}

let frameCells = 0;

export function beginLaunch(): void {
  frameCells = 0;
}
export function pushBuffer(buffer: usize): void {
  putPointer(cellAt(frame, frameCells++), buffer);
}
export function pushInt(value: i32): void {
  putInt(cellAt(frame, frameCells++), value);
}

/** Launches kernel `index` with the buffers and numbers pushed since `beginLaunch`. */
export function launch(index: i32): i32 {
  const launcher = load<usize>(launchers + <usize>index * 4);
  if (launcher == 0) {
    return raise(
      Fault.KernelMissing,
      'Kernel @ has not been loaded on the GPU.',
      0,
      0,
      kernelNameAt(index),
      kernelNameSize(index),
    );
  }
  dispatchCount++;
  putNone(result);
  return call(launcher, frame, frameCells, result);
}
