// Shape: i64 dimensions. Array: owned cells. Both hold their items inline and never change after they are made.
import { CELL_BYTES, releaseCell } from './cell';
import { Obj, Type, newObject } from './object';

/** The host reads `data` and `size` of a shape. */
@unmanaged
export class Shape extends Obj {
  data: usize;
  size: i32;
}

@unmanaged
export class List extends Obj {
  count: i32;
  pad: u32;
}

export function newShape(size: i32): Shape {
  const shape = changetype<Shape>(newObject(Type.Shape, offsetof<Shape>() + <usize>size * 8));
  shape.data = changetype<usize>(shape) + offsetof<Shape>();
  shape.size = size;
  return shape;
}

export function dimOf(shape: Shape, index: i32): i64 {
  return load<i64>(shape.data + <usize>index * 8);
}

/** An array of `count` None cells, to be filled by whoever made it. */
export function newList(count: i32): List {
  const list = changetype<List>(newObject(Type.Array, offsetof<List>() + <usize>count * CELL_BYTES));
  list.count = count;
  return list;
}

export function itemAt(list: List, index: i32): usize {
  return changetype<usize>(list) + offsetof<List>() + <usize>index * CELL_BYTES;
}

export function releaseArray(object: usize): void {
  const list = changetype<List>(object);
  for (let i = 0; i < list.count; i++) releaseCell(itemAt(list, i));
}
