// Modules: the system library, the virtual machine, and one module a parameter list.
import { Obj, Type, newObject, release, retain } from './object';

export namespace ModuleKind {
  export const System = 0;
  export const Machine = 1;
  export const Parameters = 2;
}

@unmanaged
export class Module extends Obj {
  kind: i32;
  /** The parameter array of a parameter module, owned. */
  held: usize;
}

export function newModule(kind: i32, held: usize): usize {
  const module = changetype<Module>(newObject(Type.Module, offsetof<Module>()));
  module.kind = kind;
  module.held = held;
  retain(held);
  return changetype<usize>(module);
}

export function releaseModule(object: usize): void {
  release(changetype<Module>(object).held);
}
