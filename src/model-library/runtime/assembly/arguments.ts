// Reading a call's arguments. Whatever is missing or of another kind is refused with the function's name.
import { cellAt, intIn, isNumber, objectIn, readText } from './cell';
import { Fault, raise } from './fault';
import { KvState } from './kv-state';
import { List, Shape } from './lists';
import { asciiCopy } from './names';
import { Type } from './object';
import { Tensor } from './tensor';

let failed = false;
let place = '';
let cells: usize = 0;
let given = 0;

/** Begins to read the arguments of function `name`. */
export function beginArguments(name: string, args: usize, count: i32): void {
  failed = false;
  place = name;
  cells = args;
  given = count;
}

/** True when every argument read so far was there; otherwise the text of the failure is set. */
export function argumentsAreGood(): bool {
  return !failed;
}

function refuse(index: i32): void {
  if (failed) return;
  failed = true;
  const name = asciiCopy(place);
  raise(Fault.BadCall, 'Argument # of @ is missing or of a kind that it does not take.', index, 0, name, place.length);
  heap.free(name);
}

function objectArgument(index: i32, type: i32): usize {
  const object = index < given ? objectIn(cellAt(cells, index), type) : 0;
  if (object == 0) refuse(index);
  return object;
}

export function tensorArgument(index: i32): Tensor {
  return changetype<Tensor>(objectArgument(index, Type.Tensor));
}
export function shapeArgument(index: i32): Shape {
  return changetype<Shape>(objectArgument(index, Type.Shape));
}
export function listArgument(index: i32): List {
  return changetype<List>(objectArgument(index, Type.Array));
}
export function stateArgument(index: i32): KvState {
  return changetype<KvState>(objectArgument(index, Type.KvState));
}
export function functionArgument(index: i32): usize {
  return objectArgument(index, Type.Function);
}
export function intArgument(index: i32): i64 {
  if (index < given && isNumber(cellAt(cells, index))) return intIn(cellAt(cells, index));
  refuse(index);
  return 0;
}
/** Reads text into `textAt` and `textSize`. */
export function textArgument(index: i32): void {
  if (index >= given || !readText(cellAt(cells, index))) refuse(index);
}
