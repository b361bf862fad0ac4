// The tensor cache, where the host puts each weight as it loads it, and the parameter module made out of it.
import { argumentsAreGood, beginArguments, intArgument, listArgument, tensorArgument, textArgument } from './arguments';
import { putObject, readText, textAt, textSize } from './cell';
import { Fault, raise } from './fault';
import { define } from './function';
import { globals } from './global-table';
import { itemAt, newList } from './lists';
import { ModuleKind, newModule } from './module';
import { NameTable, clearNames, lookUp, removeName, setName } from './names';
import { release, retain } from './object';

const tensors: NameTable = changetype<NameTable>(memory.data(12, 4));

export function defineParameterFunctions(): void {
  define(globals, 'vm.builtin.tensor_cache.get', (bound, args, count, result) => {
    beginArguments('tensor_cache.get', args, count);
    textArgument(0);
    if (!argumentsAreGood()) return -1;
    const tensor = lookUp(tensors, textAt, textSize);
    if (tensor == 0) return 0; // None: absent
    retain(tensor);
    putObject(result, tensor);
    return 0;
  });

  define(globals, 'vm.builtin.tensor_cache.update', (bound, args, count, result) => {
    beginArguments('tensor_cache.update', args, count);
    textArgument(0);
    const tensor = tensorArgument(1);
    const mayReplace = count > 2 && intArgument(2) != 0;
    if (!argumentsAreGood()) return -1;
    if (!mayReplace && lookUp(tensors, textAt, textSize) != 0) {
      return raise(Fault.BadCall, 'Tensor @ is in the cache already.', 0, 0, textAt, textSize);
    }
    setName(tensors, textAt, textSize, changetype<usize>(tensor));
    return 0;
  });

  define(globals, 'vm.builtin.tensor_cache.remove', (bound, args, count, result) => {
    beginArguments('tensor_cache.remove', args, count);
    textArgument(0);
    if (!argumentsAreGood()) return -1;
    removeName(tensors, textAt, textSize);
    return 0;
  });

  define(globals, 'vm.builtin.tensor_cache.clear', (bound, args, count, result) => {
    clearNames(tensors);
    return 0;
  });

  define(globals, 'vm.builtin.param_module_from_cache_by_name', (bound, args, count, result) => {
    beginArguments('param_module_from_cache_by_name', args, count);
    const names = listArgument(0);
    if (!argumentsAreGood()) return -1;
    const found = newList(names.count);
    for (let i = 0; i < names.count; i++) {
      const tensor = readText(itemAt(names, i)) ? lookUp(tensors, textAt, textSize) : 0;
      if (tensor == 0) {
        release(changetype<usize>(found));
        return raise(Fault.ParameterMissing, 'Parameter @ is not among the loaded weights.', 0, 0, textAt, textSize);
      }
      retain(tensor);
      putObject(itemAt(found, i), tensor);
    }
    putObject(result, newModule(ModuleKind.Parameters, changetype<usize>(found)));
    release(changetype<usize>(found)); // the module holds it now
    return 0;
  });
}
