// Global functions that hand out modules and functions.
import { argumentsAreGood, beginArguments, intArgument, textArgument } from './arguments';
import { cellAt, objectIn, putInt, putObject, putText, textAt, textIs, textSize } from './cell';
import { Fault, raise } from './fault';
import { define, newNative } from './function';
import { globals } from './global-table';
import { machine } from './machine';
import { Module, ModuleKind, newModule } from './module';
import { lookUp, nameOf, nameSizeOf } from './names';
import { Type, retain } from './object';

let systemModule: usize = 0;

/** Found by the host when a pipeline is made, and never called by it: the GPU samples. */
function defineUnused(name: string): void {
  define(globals, name, (bound, args, count, result) =>
    raise(Fault.Unsupported, 'This function samples or loads on the CPU, which the library does not do.'),
  );
}

export function defineSystemFunctions(): void {
  systemModule = newModule(ModuleKind.System, 0);

  define(globals, 'ffi.SystemLib', (bound, args, count, result) => {
    retain(systemModule);
    putObject(result, systemModule);
    return 0;
  });

  // (module, name, query imports) -> function or None
  define(globals, 'ffi.ModuleGetFunction', (bound, args, count, result) => {
    beginArguments('ModuleGetFunction', args, count);
    textArgument(1);
    const object = count > 0 ? objectIn(cellAt(args, 0), Type.Module) : 0;
    if (object == 0) return raise(Fault.BadCall, 'A function was asked of something that is no module.');
    if (!argumentsAreGood()) return -1;
    const module = changetype<Module>(object);
    if (module.kind == ModuleKind.Parameters) {
      if (textIs('get_params')) putObject(result, newNative(giveHeld, module.held));
      return 0;
    }
    const found = lookUp(machine, textAt, textSize);
    if (found == 0) return 0;
    retain(found);
    putObject(result, found);
    return 0;
  });

  define(globals, 'ffi.ModuleImportModule', (bound, args, count, result) => 0);

  // () -> f with f(-1) = how many names, f(i) = name i
  define(globals, 'ffi.FunctionListGlobalNamesFunctor', (bound, args, count, result) => {
    putObject(result, newNative(listNames, 0));
    return 0;
  });

  defineUnused('vm.builtin.param_module_from_cache');
  defineUnused('vm.builtin.sample_top_p_from_logits');
  defineUnused('vm.builtin.sample_top_p_from_prob');
  defineUnused('vm.builtin.apply_repetition_penalty');
  defineUnused('vm.builtin.apply_presence_and_frequency_penalty');
  defineUnused('vm.builtin.apply_softmax_with_temperature');
}

function giveHeld(bound: usize, args: usize, count: i32, result: usize): i32 {
  retain(bound);
  putObject(result, bound);
  return 0;
}

function listNames(bound: usize, args: usize, count: i32, result: usize): i32 {
  beginArguments('the list of names', args, count);
  const index = intArgument(0);
  if (!argumentsAreGood()) return -1;
  if (index < 0) putInt(result, globals.count);
  else if (index < <i64>globals.count)
    putText(result, nameOf(globals, <i32>index), nameSizeOf(globals, <i32>index), true);
  else return raise(Fault.BadCall, 'Name # was asked for; there are #.', index, globals.count);
  return 0;
}
