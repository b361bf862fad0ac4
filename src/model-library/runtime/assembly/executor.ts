// Runs the steps of one task of the program. Arguments, output and variables are set first, then `run`.
// Nothing here allocates: this is the token loop.
import { cellAt, objectIn } from './cell';
import { Fault, raise } from './fault';
import { beginLaunch, flush, launch, pushBuffer, pushInt } from './gpu';
import { KvState, stateBuffer } from './kv-state';
import { List, itemAt } from './lists';
import { Type } from './object';
import {
  FLUSH,
  gridSideAt,
  kernelBindings,
  kernelNameAt,
  kernelNameSize,
  kernelScalar,
  kernelScalars,
  parameterBytes,
  parameterCount,
  parameterName,
  parameterNameSize,
  stepCount,
  stepsAt,
} from './program';
import { Device, Tensor, byteSize } from './tensor';

/** In the order of VARIABLES in model-library/kernels/kernel.ts. */
export namespace Variable {
  export const One = 0;
  export const Rows = 1;
  export const Position = 2;
  export const Total = 3;
  export const Count = 4;
  export const Capacity = 5;
  export const Window = 6;
  export const Sink = 7;
}

/** Where a binding's buffer comes from; in the order of SPACES in model-library/program/program.ts. */
namespace Space {
  export const Parameter: u32 = 0;
  export const State: u32 = 1;
  export const Argument: u32 = 2;
  export const Output: u32 = 3;
}

/** WebGPU's limit for a side of the grid; x is folded by the host, y is not. */
const MAX_GRID_Y: i64 = 65535;
const MAX_GRID_X: i64 = 0x7fffffff;

const variables: usize = memory.data(8 * 4, 4);
let argumentCells: usize = 0;
let argumentCount: i32 = 0;
let output: usize = 0;
let parameters: usize = 0;
let state: usize = 0;

export function setVariable(index: i32, value: i32): void {
  store<i32>(variables + <usize>index * 4, value);
}

/** Forgets everything of the run before; `rows` is 1, so that a task without positions has a grid. */
export function prepareRun(args: usize, count: i32): void {
  memory.fill(variables, 0, 8 * 4);
  setVariable(Variable.One, 1);
  setVariable(Variable.Rows, 1);
  argumentCells = args;
  argumentCount = count;
  output = 0;
  parameters = 0;
  state = 0;
}

export function setOutput(tensor: Tensor): void {
  output = tensor.data;
}

/** Sets the variables that come with a KV state, for `rows` positions after `position`. */
export function useState(kv: KvState, position: i32, rows: i32): void {
  state = changetype<usize>(kv);
  setVariable(Variable.Rows, rows);
  setVariable(Variable.Position, position);
  setVariable(Variable.Total, position + rows);
  setVariable(Variable.Capacity, kv.capacity);
  setVariable(Variable.Window, kv.window);
  setVariable(Variable.Sink, kv.sink);
}

/** Takes the model's parameters, each checked by size the first time this array is seen. */
export function useParameters(list: usize): i32 {
  if (list == 0) return raise(Fault.BadCall, "The model's parameters are missing from the call.");
  const array = changetype<List>(list);
  if (array.mark == 0) {
    const status = checkParameters(array);
    if (status != 0) return status;
    array.mark = 1;
  }
  parameters = list;
  return 0;
}

function checkParameters(array: List): i32 {
  if (array.count != parameterCount()) {
    return raise(Fault.ParameterSize, '# parameters were given; the program has #.', array.count, parameterCount());
  }
  for (let i = 0; i < array.count; i++) {
    const object = objectIn(itemAt(array, i), Type.Tensor);
    const tensor = changetype<Tensor>(object);
    if (object == 0 || tensor.device != Device.WebGpu || tensor.byteOffset != 0) {
      return raise(
        Fault.ParameterSize,
        'Parameter @ is not a whole tensor on the GPU.',
        0,
        0,
        parameterName(i),
        parameterNameSize(i),
      );
    }
    if (byteSize(tensor) != parameterBytes(i)) {
      return raise(
        Fault.ParameterSize,
        'Parameter @ has # bytes; the program needs #.',
        byteSize(tensor),
        parameterBytes(i),
        parameterName(i),
        parameterNameSize(i),
      );
    }
  }
  return 0;
}

/** Buffer number behind one binding word; 0 with the text set when there is none. */
function resolve(binding: u32): usize {
  const index = <i32>(binding & 0xffffff);
  switch (binding >> 24) {
    case Space.Parameter: {
      if (parameters == 0) break;
      return changetype<Tensor>(load<usize>(itemAt(changetype<List>(parameters), index), 8)).data;
    }
    case Space.State: {
      if (state == 0) break;
      return stateBuffer(changetype<KvState>(state), index);
    }
    case Space.Argument: {
      const object = index < argumentCount ? objectIn(cellAt(argumentCells, index), Type.Tensor) : 0;
      const tensor = changetype<Tensor>(object);
      if (object == 0 || tensor.device != Device.WebGpu || tensor.byteOffset != 0) break; // buffers are bound whole
      return tensor.data;
    }
    case Space.Output: {
      return output;
    }
  }
  raise(Fault.BadCall, 'Argument # of the call must be a whole tensor on the GPU.', index);
  return 0;
}

/** Workgroups of one grid side: ceil(variable * mul / div). */
function gridSide(kernel: i32, side: i32): i64 {
  const at = gridSideAt(kernel, side);
  const value = <i64>load<i32>(variables + load<usize>(at) * 4);
  const div = <i64>load<u32>(at, 8);
  return (value * <i64>load<u32>(at, 4) + div - 1) / div;
}

/** Encodes every step of `task`; 0 = ok. */
export function run(task: i32): i32 {
  let at = stepsAt(task);
  for (let step = 0, n = stepCount(task); step < n; step++) {
    const head = load<u32>(at);
    at += 4;
    if (head == FLUSH) {
      if (flush() != 0) return -1;
      continue;
    }
    const kernel = <i32>head;
    beginLaunch();
    for (let i = 0, bindings = kernelBindings(kernel); i < bindings; i++, at += 4) {
      const buffer = resolve(load<u32>(at));
      if (buffer == 0) return -1;
      pushBuffer(buffer);
    }
    for (let i = 0, scalars = kernelScalars(kernel); i < scalars; i++) {
      pushInt(load<i32>(variables + <usize>kernelScalar(kernel, i) * 4));
    }
    const x = gridSide(kernel, 0);
    const y = gridSide(kernel, 1);
    if (x == 0 || y == 0) continue;
    if (x < 0 || y < 0 || x > MAX_GRID_X || y > MAX_GRID_Y) {
      return raise(
        Fault.Shape,
        'Kernel @ would need a grid of # by # workgroups.',
        x,
        y,
        kernelNameAt(kernel),
        kernelNameSize(kernel),
      );
    }
    pushInt(<i32>x);
    pushInt(<i32>y);
    if (launch(kernel) != 0) return -1;
  }
  return 0;
}
