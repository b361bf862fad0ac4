// The functions of the model: what the host finds in the virtual machine module. They check shapes, make the result
// tensor, and let the executor run the program's steps.
import {
  argumentsAreGood,
  beginArguments,
  functionArgument,
  listArgument,
  shapeArgument,
  stateArgument,
  tensorArgument,
  textArgument,
} from './arguments';
import { putLastingText, putObject, textAt, textSize } from './cell';
import { Variable, prepareRun, run, setOutput, setVariable, useParameters, useState } from './executor';
import { Fault, raise } from './fault';
import { define } from './function';
import { setLauncher } from './gpu';
import { newKvState } from './kv-state';
import { dimOf, itemAt, newList } from './lists';
import { ModuleKind, newModule } from './module';
import { NameTable } from './names';
import { release, retain } from './object';
import {
  Header,
  Task,
  findKernel,
  hidden,
  isProgrammed,
  kernelCodeAt,
  kernelCodeSize,
  prefillChunk,
  textAddress,
  textLength,
  vocabulary,
} from './program';
import { putStats } from './stats';
import { Code, Tensor, elementCount, newGpuTensor } from './tensor';

/** Functions of the virtual machine module by name. */
export const machine: NameTable = changetype<NameTable>(memory.data(12, 4));

let machineModule: usize = 0;

function putTensor(result: usize, tensor: Tensor): i32 {
  putObject(result, changetype<usize>(tensor));
  return 0;
}

/** Runs a task that fills `output`; hands it over, or drops it on a failure. */
function runInto(task: i32, output: Tensor, result: usize): i32 {
  setOutput(output);
  if (run(task) == 0) return putTensor(result, output);
  release(changetype<usize>(output));
  return -1;
}

/** Logits and probabilities come as [1, V] or [1, 1, V]. */
function checkVocabulary(tensor: Tensor): i32 {
  if (elementCount(tensor) == <i64>vocabulary()) return 0;
  return raise(Fault.Shape, '# logits were given; the vocabulary has #.', elementCount(tensor), vocabulary());
}

/** hidden [1, n, H], KV state, parameters -> [logits [1, 1, V] of the last row]. The hidden tensor is overwritten. */
function forward(task: i32, args: usize, count: i32, result: usize): i32 {
  beginArguments('prefill and decode', args, count);
  const rows = tensorArgument(0);
  const kv = stateArgument(1);
  const parameters = listArgument(2);
  if (!argumentsAreGood()) return -1;
  const n = elementCount(rows) / hidden();
  if (n * hidden() != elementCount(rows) || n != <i64>kv.pending) {
    return raise(Fault.Shape, '# hidden values were given for # announced positions.', elementCount(rows), kv.pending);
  }
  if (task == Task.Decode && n != 1) return raise(Fault.Shape, 'decode was called with # positions; it takes 1.', n);
  prepareRun(args, count);
  if (useParameters(changetype<usize>(parameters)) != 0) return -1;
  useState(kv, kv.length, <i32>n);
  const logits = newGpuTensor(Code.Float, 3, 1, 1, vocabulary());
  if (logits == null) return -1;
  setOutput(logits);
  if (run(task) != 0) {
    release(changetype<usize>(logits));
    return -1;
  }
  const list = newList(1);
  putObject(itemAt(list, 0), changetype<usize>(logits));
  putObject(result, changetype<usize>(list));
  return 0;
}

/** Changes logits in place; `list` is the argument whose length the kernel's grid follows. */
function changeLogits(task: i32, list: i32, args: usize, count: i32): i32 {
  beginArguments('a logit function', args, count);
  const logits = tensorArgument(0);
  const items = tensorArgument(list);
  if (!argumentsAreGood() || checkVocabulary(logits) != 0) return -1;
  prepareRun(args, count);
  setVariable(Variable.Count, <i32>elementCount(items));
  return run(task);
}

export function defineMachineFunctions(): void {
  machineModule = newModule(ModuleKind.Machine, 0);

  define(machine, 'vm_load_executable', (bound, args, count, result) => {
    if (!isProgrammed()) {
      return raise(Fault.Unprogrammed, 'This library carries no program: package it for a model before loading it.');
    }
    retain(machineModule);
    putObject(result, machineModule);
    return 0;
  });

  define(machine, 'vm_initialization', (bound, args, count, result) => 0);

  define(machine, '_metadata', (bound, args, count, result) => {
    putLastingText(result, textAddress(Header.Metadata), textLength(Header.Metadata));
    return 0;
  });

  // ids [n] -> hidden [n, H]
  define(machine, 'embed', (bound, args, count, result) => {
    beginArguments('embed', args, count);
    const ids = tensorArgument(0);
    const parameters = listArgument(1);
    if (!argumentsAreGood()) return -1;
    const n = elementCount(ids);
    if (n < 1 || n > <i64>prefillChunk()) {
      return raise(Fault.ChunkTooLong, 'embed was called with # ids; 1 to # are possible.', n, prefillChunk());
    }
    prepareRun(args, count);
    if (useParameters(changetype<usize>(parameters)) != 0) return -1;
    setVariable(Variable.Rows, <i32>n);
    setVariable(Variable.Count, <i32>n);
    const rows = newGpuTensor(Code.Float, 2, n, hidden());
    return rows == null ? -1 : runInto(Task.Embed, rows, result);
  });

  define(machine, 'prefill', (bound, args, count, result) => forward(Task.Prefill, args, count, result));
  define(machine, 'decode', (bound, args, count, result) => forward(Task.Decode, args, count, result));

  // [sequences], [positions], [chunk], [page size], [sliding]. Called before the kernels are loaded: only allocates and uploads.
  define(machine, 'create_tir_paged_kv_cache', (bound, args, count, result) => {
    beginArguments('create_tir_paged_kv_cache', args, count);
    const sequences = shapeArgument(0);
    const positions = shapeArgument(1);
    const chunk = shapeArgument(2);
    const sliding = shapeArgument(4);
    if (!argumentsAreGood()) return -1;
    if (sequences.size < 1 || positions.size < 1 || chunk.size < 1 || sliding.size < 1 || dimOf(sequences, 0) != 1) {
      return raise(Fault.Unsupported, 'A KV state for other than one sequence was asked for.');
    }
    const limit: i64 = 0x7fffffff; // anything above is refused there with its own number
    const kv = newKvState(
      <i32>min(dimOf(positions, 0), limit),
      <i32>min(dimOf(chunk, 0), limit),
      dimOf(sliding, 0) != 0,
    );
    if (kv == 0) return -1;
    putObject(result, kv);
    return 0;
  });

  // logits [1, 1, V], temperature [1] -> probabilities [1, 1, V]
  define(machine, 'softmax_with_temperature', (bound, args, count, result) => {
    beginArguments('softmax_with_temperature', args, count);
    const logits = tensorArgument(0);
    tensorArgument(1);
    if (!argumentsAreGood() || checkVocabulary(logits) != 0) return -1;
    prepareRun(args, count);
    const probabilities = newGpuTensor(Code.Float, 3, 1, 1, vocabulary());
    return probabilities == null ? -1 : runInto(Task.Softmax, probabilities, result);
  });

  // The host hands this pair straight to sample_with_top_p and looks at neither, so nothing is sorted.
  define(machine, 'argsort_probs', (bound, args, count, result) => {
    beginArguments('argsort_probs', args, count);
    const probabilities = changetype<usize>(tensorArgument(0));
    if (!argumentsAreGood()) return -1;
    const pair = newList(2);
    retain(probabilities);
    retain(probabilities);
    putObject(itemAt(pair, 0), probabilities);
    putObject(itemAt(pair, 1), probabilities);
    putObject(result, changetype<usize>(pair));
    return 0;
  });

  // probabilities [1, V], the same again, uniform [1], row [1] = 0, top_p [1] -> token id [1]
  define(machine, 'sample_with_top_p', (bound, args, count, result) => {
    beginArguments('sample_with_top_p', args, count);
    const probabilities = tensorArgument(0);
    if (!argumentsAreGood() || checkVocabulary(probabilities) != 0) return -1;
    prepareRun(args, count);
    const token = newGpuTensor(Code.Int, 1, 1);
    return token == null ? -1 : runInto(Task.Sample, token, result);
  });

  // logits, sequence ids, positions, token ids [k], counts [k], (presence, frequency, repetition)
  define(machine, 'apply_penalty_inplace', (bound, args, count, result) => changeLogits(Task.Penalty, 3, args, count));
  // logits, positions, token ids [k], bias [k]
  define(machine, 'apply_logit_bias_inplace', (bound, args, count, result) => changeLogits(Task.Bias, 2, args, count));
  // logits, sequence ids, mask [1, ceil(V / 32)]
  define(machine, 'apply_bitmask_inplace', (bound, args, count, result) => {
    beginArguments('apply_bitmask_inplace', args, count);
    const mask = tensorArgument(2);
    if (!argumentsAreGood()) return -1;
    const words = (<i64>vocabulary() + 31) / 32;
    if (elementCount(mask) != words)
      return raise(Fault.Shape, 'The bit mask has # words; the vocabulary needs #.', elementCount(mask), words);
    return changeLogits(Task.Bitmask, 2, args, count);
  });

  // One decode layer on layer 0 at the next position, in place: hidden [1, H], KV state, parameters. The position stays the
  // next one until a forward pass is begun and ended.
  define(machine, 'daylight.layer_check', (bound, args, count, result) => {
    beginArguments('daylight.layer_check', args, count);
    const row = tensorArgument(0);
    const kv = stateArgument(1);
    const parameters = listArgument(2);
    if (!argumentsAreGood()) return -1;
    if (elementCount(row) != <i64>hidden())
      return raise(Fault.Shape, '# hidden values were given; the model has #.', elementCount(row), hidden());
    if (kv.length >= kv.rotaryRows || (!kv.isSliding && kv.length >= kv.capacity))
      return raise(Fault.BadCall, 'The layer check needs a free position; all # are taken.', kv.length);
    prepareRun(args, count);
    if (useParameters(changetype<usize>(parameters)) != 0) return -1;
    useState(kv, kv.length, 1);
    return run(Task.LayerCheck);
  });

  define(machine, 'daylight.stats', (bound, args, count, result) => {
    putStats(result);
    return 0;
  });

  define(machine, 'webgpu.get_fmap', (bound, args, count, result) => {
    putLastingText(result, textAddress(Header.KernelMap), textLength(Header.KernelMap));
    return 0;
  });

  define(machine, 'webgpu.get_shader', (bound, args, count, result) => {
    beginArguments('webgpu.get_shader', args, count);
    const index = kernelArgument();
    if (index < 0) return -1;
    putLastingText(result, kernelCodeAt(index), kernelCodeSize(index));
    return 0;
  });

  define(machine, 'webgpu.update_prebuild', (bound, args, count, result) => {
    beginArguments('webgpu.update_prebuild', args, count);
    const index = kernelArgument();
    const launcher = functionArgument(1);
    if (index < 0 || !argumentsAreGood()) return -1;
    setLauncher(index, launcher);
    return 0;
  });
}

/** The kernel that argument 0 names; -1 when there is none. */
function kernelArgument(): i32 {
  textArgument(0);
  if (!argumentsAreGood()) return -1;
  const index = findKernel(textAt, textSize);
  if (index < 0) return raise(Fault.KernelMissing, 'The program has no kernel @.', 0, 0, textAt, textSize);
  return index;
}
