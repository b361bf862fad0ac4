// Global functions on tensors, shapes and arrays, as the host's glue calls them.
import {
  argumentsAreGood,
  beginArguments,
  intArgument,
  listArgument,
  shapeArgument,
  tensorArgument,
  textArgument,
} from './arguments';
import { cellAt, copyOwned, intIn, isNumber, putInt, putObject, putText, textAt, textIs, textSize } from './cell';
import { Fault, raise } from './fault';
import { define } from './function';
import { globals } from './global-table';
import { copyBuffer, download, upload } from './gpu';
import { itemAt, newList, newShape } from './lists';
import { Type, release } from './object';
import {
  Code,
  Device,
  Tensor,
  addressOf,
  byteSize,
  dim,
  newGpuTensor,
  newTensorOfReadType,
  readDataType,
  viewOf,
} from './tensor';

function putTensor(result: usize, tensor: Tensor | null): i32 {
  if (tensor == null) return -1;
  putObject(result, changetype<usize>(tensor));
  return 0;
}

function copyTensor(from: Tensor, to: Tensor): i32 {
  const bytes = byteSize(from);
  if (bytes != byteSize(to))
    return raise(Fault.Shape, 'A tensor of # bytes was to be copied into one of #.', bytes, byteSize(to));
  if (from.device == Device.Cpu && to.device == Device.Cpu) {
    memory.copy(addressOf(to), addressOf(from), <usize>bytes);
    return 0;
  }
  if (from.device == Device.Cpu) return upload(addressOf(from), to.data, <f64>to.byteOffset, <f64>bytes);
  if (to.device == Device.Cpu) return download(from.data, <f64>from.byteOffset, addressOf(to), <f64>bytes);
  return copyBuffer(from.data, <f64>from.byteOffset, to.data, <f64>to.byteOffset, <f64>bytes);
}

/** The host's bytes (last text read) into a CPU tensor of exactly that size. */
function fillFromText(tensor: Tensor): i32 {
  if (tensor.device != Device.Cpu)
    return raise(Fault.BadCall, "Bytes can only be put into a tensor in the library's memory.");
  if (<i64>textSize != byteSize(tensor))
    return raise(Fault.Shape, '# bytes were given for a tensor of #.', textSize, byteSize(tensor));
  memory.copy(addressOf(tensor), textAt, textSize);
  return 0;
}

export function defineTensorFunctions(): void {
  define(globals, 'runtime.TVMTensorAllocWithScope', (bound, args, count, result) => {
    beginArguments('TVMTensorAllocWithScope', args, count);
    const shape = shapeArgument(0);
    textArgument(1);
    if (!argumentsAreGood()) return -1;
    if (!readDataType()) return raise(Fault.Unsupported, 'Data type @ is not supported.', 0, 0, textAt, textSize);
    const device = cellAt(args, 2);
    if (count < 3 || load<i32>(device) != Type.Device)
      return raise(Fault.BadCall, 'A tensor was asked for on no device.');
    return putTensor(result, newTensorOfReadType(load<i32>(device, 8), load<i32>(device, 12), shape.size, shape.data));
  });

  define(globals, 'runtime.TVMTensorCopyFromTo', (bound, args, count, result) => {
    beginArguments('TVMTensorCopyFromTo', args, count);
    const from = tensorArgument(0);
    const to = tensorArgument(1);
    return argumentsAreGood() ? copyTensor(from, to) : -1;
  });

  define(globals, 'runtime.TVMTensorCreateView', (bound, args, count, result) => {
    beginArguments('TVMTensorCreateView', args, count);
    const tensor = tensorArgument(0);
    const shape = shapeArgument(1);
    textArgument(2);
    const offset = count > 3 ? intArgument(3) : 0;
    if (!argumentsAreGood()) return -1;
    if (!readDataType()) return raise(Fault.Unsupported, 'Data type @ is not supported.', 0, 0, textAt, textSize);
    return putTensor(result, viewOf(tensor, shape.size, shape.data, offset));
  });

  define(globals, 'tvmjs.runtime.TensorCopyFromBytes', (bound, args, count, result) => {
    beginArguments('TensorCopyFromBytes', args, count);
    const tensor = tensorArgument(0);
    textArgument(1);
    return argumentsAreGood() ? fillFromText(tensor) : -1;
  });

  define(globals, 'tvmjs.runtime.TensorCopyToBytes', (bound, args, count, result) => {
    beginArguments('TensorCopyToBytes', args, count);
    const tensor = tensorArgument(0);
    if (!argumentsAreGood()) return -1;
    if (tensor.device != Device.Cpu)
      return raise(Fault.BadCall, "Bytes can only be read from a tensor in the library's memory.");
    putText(result, addressOf(tensor), <usize>byteSize(tensor), false);
    return 0;
  });

  // Records of our own weights never come here (they go straight to the GPU), so that only "f32-to-bf16" needs decoding.
  define(globals, 'tvmjs.array.decode_storage', (bound, args, count, result) => {
    beginArguments('decode_storage', args, count);
    const tensor = tensorArgument(0);
    textArgument(3);
    const isFloat = argumentsAreGood() && textIs('float32');
    textArgument(2);
    const isHalved = argumentsAreGood() && isFloat && textIs('f32-to-bf16');
    textArgument(1);
    if (!argumentsAreGood()) return -1;
    if (!isHalved) return fillFromText(tensor);
    if (tensor.device != Device.Cpu || <i64>textSize * 2 != byteSize(tensor)) {
      return raise(Fault.Shape, '# bytes of bfloat16 were given for a tensor of # bytes.', textSize, byteSize(tensor));
    }
    const to = addressOf(tensor);
    for (let i: usize = 0; i < textSize / 2; i++) store<u32>(to + i * 4, (<u32>load<u16>(textAt + i * 2)) << 16);
    return 0;
  });

  // Rows of several embeddings, one after the other; the host needs it when a chunk mixes inputs.
  define(globals, 'tvmjs.runtime.ConcatEmbeddings', (bound, args, count, result) => {
    beginArguments('ConcatEmbeddings', args, count);
    let rows: i64 = 0;
    for (let i = 0; i < count; i++) {
      const part = tensorArgument(i);
      if (!argumentsAreGood()) return -1;
      rows += dim(part, 0);
      if (dim(part, 1) != dim(tensorArgument(0), 1))
        return raise(
          Fault.Shape,
          'Embeddings of # and # columns cannot be joined.',
          dim(part, 1),
          dim(tensorArgument(0), 1),
        );
    }
    if (count < 1) return raise(Fault.BadCall, 'No embeddings were given to join.');
    const joined = newGpuTensor(Code.Float, 2, rows, dim(tensorArgument(0), 1));
    if (joined == null) return -1;
    let offset: f64 = 0;
    for (let i = 0; i < count; i++) {
      const part = tensorArgument(i);
      const bytes = <f64>byteSize(part);
      if (copyBuffer(part.data, <f64>part.byteOffset, joined.data, offset, bytes) != 0) {
        release(changetype<usize>(joined));
        return -1;
      }
      offset += bytes;
    }
    return putTensor(result, joined);
  });

  define(globals, 'ffi.Shape', (bound, args, count, result) => {
    const shape = newShape(count);
    for (let i = 0; i < count; i++) {
      if (!isNumber(cellAt(args, i))) {
        release(changetype<usize>(shape));
        return raise(Fault.BadCall, 'Dimension # of a shape is not a number.', i);
      }
      store<i64>(shape.data + <usize>i * 8, intIn(cellAt(args, i)));
    }
    putObject(result, changetype<usize>(shape));
    return 0;
  });

  define(globals, 'ffi.Array', (bound, args, count, result) => {
    const list = newList(count);
    for (let i = 0; i < count; i++) copyOwned(cellAt(args, i), itemAt(list, i));
    putObject(result, changetype<usize>(list));
    return 0;
  });

  define(globals, 'ffi.ArraySize', (bound, args, count, result) => {
    beginArguments('ArraySize', args, count);
    const list = listArgument(0);
    if (!argumentsAreGood()) return -1;
    putInt(result, list.count);
    return 0;
  });

  define(globals, 'ffi.ArrayGetItem', (bound, args, count, result) => {
    beginArguments('ArrayGetItem', args, count);
    const list = listArgument(0);
    const index = intArgument(1);
    if (!argumentsAreGood()) return -1;
    if (index < 0 || index >= <i64>list.count)
      return raise(Fault.BadCall, 'Item # was asked of an array of #.', index, list.count);
    copyOwned(itemAt(list, <i32>index), result);
    return 0;
  });

  define(globals, 'tvmjs.runtime.ArrayConcat', (bound, args, count, result) => {
    let total = 0;
    beginArguments('ArrayConcat', args, count);
    for (let i = 0; i < count; i++) {
      const list = listArgument(i);
      if (!argumentsAreGood()) return -1;
      total += list.count;
    }
    const joined = newList(total);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const list = listArgument(i);
      for (let j = 0; j < list.count; j++) copyOwned(itemAt(list, j), itemAt(joined, at++));
    }
    putObject(result, changetype<usize>(joined));
    return 0;
  });
}
