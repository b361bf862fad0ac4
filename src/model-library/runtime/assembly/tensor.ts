// Tensors and the memory under them. A storage is an object of its own, so that views share it.
// The host reads the tensor's payload as a DLTensor:
//
//  24 u32 data (cpu: address; webgpu: buffer number)   28 i32 device type   32 i32 device id   36 i32 dimensions
//  40 u8 code   41 u8 bits   42 u16 lanes              44 u32 shape (i64 each)   48 u32 strides (0 = compact)
//  56 u64 byte offset   |  ours:  64 u32 storage   72 the shape itself
import { textAt, textSize } from './cell';
import { Fault, raise } from './fault';
import { acquireBuffer, bufferClass, recycleBuffer } from './pool';
import { Obj, Type, newObject, release, retain } from './object';

export namespace Device {
  export const Cpu = 1;
  export const WebGpu = 15;
}

export namespace Code {
  export const Int: u8 = 0;
  export const Uint: u8 = 1;
  export const Float: u8 = 2;
}

/** Dimensions of a tensor: more come from nowhere in the contract. */
const MAX_DIMENSIONS = 8;
/** Largest storage in linear memory; the allocator's own limit is 1 GiB. */
const MAX_CPU_BYTES: i64 = 0x3fff0000;

@unmanaged
export class Storage extends Obj {
  device: i32;
  data: usize;
  /** Size asked of the device: the pool's class for a GPU buffer. f64, because a GPU buffer may pass 4 GiB. */
  bytes: f64;
}

@unmanaged
export class Tensor extends Obj {
  data: usize;
  device: i32;
  deviceId: i32;
  dimensions: i32;
  code: u8;
  bits: u8;
  lanes: u16;
  shape: usize;
  strides: usize;
  pad2: u32;
  byteOffset: u64;
  storage: usize;
  pad3: u32;
}

// The data type of the last successful `readDataType`.
let code: u8 = 0;
let bits: u32 = 0;
let lanes: u32 = 1;

/** Reads "float32", "uint8x4"... out of the last text read. */
export function readDataType(): bool {
  const first = textSize > 0 ? load<u8>(textAt) : 0;
  let at: usize = 0;
  if (first == 0x66) {
    code = Code.Float;
    at = 5;
  } // float
  else if (first == 0x69) {
    code = Code.Int;
    at = 3;
  } // int
  else if (first == 0x75) {
    code = Code.Uint;
    at = 4;
  } // uint
  else return false;
  bits = 0;
  lanes = 0;
  let inLanes = false;
  for (; at < textSize; at++) {
    const c = load<u8>(textAt + at);
    if (c == 0x78 && !inLanes) inLanes = true;
    else if (c < 0x30 || c > 0x39 || bits > 64 || lanes > 1024) return false;
    else if (inLanes) lanes = lanes * 10 + (c - 0x30);
    else bits = bits * 10 + (c - 0x30);
  }
  if (!inLanes) lanes = 1;
  return bits > 0 && bits <= 64 && (bits & 7) == 0 && lanes > 0;
}

/** Memory for `bytes` bytes on a device; 0 after a failure, whose text is set. Owned. */
export function newStorage(device: i32, bytes: i64): usize {
  let data: usize = 0;
  let size: f64 = 0;
  if (device == Device.WebGpu) {
    size = bufferClass(bytes);
    data = acquireBuffer(size);
    if (data == 0) return 0;
  } else if (device == Device.Cpu) {
    if (bytes < 0 || bytes > MAX_CPU_BYTES) {
      raise(
        Fault.OutOfMemory,
        "# bytes were asked for in the library's memory; at most # can be given at once.",
        bytes,
        MAX_CPU_BYTES,
      );
      return 0;
    }
    data = heap.alloc(max(<usize>bytes, 16));
  } else {
    raise(Fault.Unsupported, 'Device type # is not known; the library knows 1 (cpu) and 15 (webgpu).', device);
    return 0;
  }
  const storage = changetype<Storage>(newObject(Type.Storage, offsetof<Storage>()));
  storage.device = device;
  storage.data = data;
  storage.bytes = size;
  return changetype<usize>(storage);
}

export function releaseStorage(object: usize): void {
  const storage = changetype<Storage>(object);
  if (storage.device == Device.WebGpu) recycleBuffer(storage.data, storage.bytes);
  else heap.free(storage.data);
}

/** A tensor over `storage`, whose reference it takes over. `dims` are i64, copied. */
function wrap(dimensions: i32, dims: usize, storage: usize): Tensor {
  const tensor = changetype<Tensor>(newObject(Type.Tensor, offsetof<Tensor>() + <usize>dimensions * 8));
  tensor.data = changetype<Storage>(storage).data;
  tensor.device = changetype<Storage>(storage).device;
  tensor.dimensions = dimensions;
  tensor.shape = changetype<usize>(tensor) + offsetof<Tensor>();
  tensor.storage = storage;
  memory.copy(tensor.shape, dims, <usize>dimensions * 8);
  return tensor;
}

/** Bytes of `dimensions` i64 dims of the data type last read; -1 (text set) when that is no size. */
function bytesOf(dimensions: i32, dims: usize, elementBits: i64): i64 {
  let total = <f64>elementBits / 8;
  if (dimensions > MAX_DIMENSIONS) {
    return raise(
      Fault.Shape,
      'A tensor of # dimensions was asked for; at most # are supported.',
      dimensions,
      MAX_DIMENSIONS,
    );
  }
  for (let i = 0; i < dimensions; i++) {
    const dim = load<i64>(dims + <usize>i * 8);
    if (dim < 0) return raise(Fault.Shape, 'A tensor was asked for whose dimension # is #.', i, dim);
    total *= <f64>dim;
  }
  if (!(total < 9007199254740992.0)) return raise(Fault.Shape, 'A tensor of more than 2^53 bytes was asked for.');
  return <i64>total;
}

/** An uninitialised tensor of the data type last read; null after a failure. */
export function newTensorOfReadType(device: i32, deviceId: i32, dimensions: i32, dims: usize): Tensor | null {
  const bytes = bytesOf(dimensions, dims, <i64>bits * lanes);
  if (bytes < 0) return null;
  const storage = newStorage(device, bytes);
  if (storage == 0) return null;
  const tensor = wrap(dimensions, dims, storage);
  tensor.deviceId = deviceId;
  tensor.code = code;
  tensor.bits = <u8>bits;
  tensor.lanes = <u16>lanes;
  return tensor;
}

const dims3: usize = memory.data(24, 8);

/** A GPU tensor of 32-bit elements with one to three dimensions; null after a failure. */
export function newGpuTensor(elementCode: u8, dimensions: i32, d0: i64, d1: i64 = 1, d2: i64 = 1): Tensor | null {
  store<i64>(dims3, d0);
  store<i64>(dims3, d1, 8);
  store<i64>(dims3, d2, 16);
  code = elementCode;
  bits = 32;
  lanes = 1;
  return newTensorOfReadType(Device.WebGpu, 0, dimensions, dims3);
}

/** A tensor of another shape and the data type last read over the same bytes, `offset` bytes on; null when it does not fit. */
export function viewOf(tensor: Tensor, dimensions: i32, dims: usize, offset: i64): Tensor | null {
  const bytes = bytesOf(dimensions, dims, <i64>bits * lanes);
  if (bytes < 0) return null;
  if (offset < 0 || offset + bytes > byteSize(tensor)) {
    raise(Fault.Shape, 'A view of # bytes was asked for in a tensor of #.', offset + bytes, byteSize(tensor));
    return null;
  }
  retain(tensor.storage);
  const view = wrap(dimensions, dims, tensor.storage);
  view.deviceId = tensor.deviceId;
  view.code = code;
  view.bits = <u8>bits;
  view.lanes = <u16>lanes;
  view.byteOffset = tensor.byteOffset + offset;
  return view;
}

export function releaseTensor(object: usize): void {
  release(changetype<Tensor>(object).storage);
}

export function dim(tensor: Tensor, index: i32): i64 {
  return index < tensor.dimensions ? load<i64>(tensor.shape + <usize>index * 8) : 1;
}

export function elementCount(tensor: Tensor): i64 {
  let count: i64 = 1;
  for (let i = 0; i < tensor.dimensions; i++) count *= dim(tensor, i);
  return count;
}

export function byteSize(tensor: Tensor): i64 {
  return (elementCount(tensor) * tensor.bits * tensor.lanes) >> 3;
}

/** Address of a CPU tensor's first byte. */
export function addressOf(tensor: Tensor): usize {
  return tensor.data + <usize>tensor.byteOffset;
}
