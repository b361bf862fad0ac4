// Global functions on the KV state, under the names that the host looks up.
import { argumentsAreGood, beginArguments, intArgument, shapeArgument, stateArgument } from './arguments';
import { Fault, raise } from './fault';
import { define } from './function';
import { globals } from './global-table';
import {
  addSequence,
  beginForward,
  checkSequence,
  clearSequences,
  enableSlidingWindow,
  endForward,
  popPositions,
} from './kv-state';
import { dimOf } from './lists';

export function defineKvFunctions(): void {
  define(globals, 'vm.builtin.kv_state_clear', (bound, args, count, result) => {
    beginArguments('kv_state_clear', args, count);
    const kv = stateArgument(0);
    if (!argumentsAreGood()) return -1;
    clearSequences(kv);
    return 0;
  });

  define(globals, 'vm.builtin.kv_state_add_sequence', (bound, args, count, result) => {
    beginArguments('kv_state_add_sequence', args, count);
    const kv = stateArgument(0);
    const sequence = intArgument(1);
    return argumentsAreGood() ? addSequence(kv, sequence) : -1;
  });

  define(globals, 'vm.builtin.kv_state_remove_sequence', (bound, args, count, result) => {
    beginArguments('kv_state_remove_sequence', args, count);
    const kv = stateArgument(0);
    const sequence = intArgument(1);
    if (!argumentsAreGood() || checkSequence(kv, sequence) != 0) return -1;
    clearSequences(kv);
    return 0;
  });

  define(globals, 'vm.builtin.kv_state_begin_forward', (bound, args, count, result) => {
    beginArguments('kv_state_begin_forward', args, count);
    const kv = stateArgument(0);
    const sequences = shapeArgument(1);
    const lengths = shapeArgument(2);
    if (!argumentsAreGood()) return -1;
    if (sequences.size != 1 || lengths.size != 1) {
      return raise(
        Fault.UnknownSequence,
        '# sequences were announced; the KV state serves one at a time.',
        sequences.size,
      );
    }
    if (checkSequence(kv, dimOf(sequences, 0)) != 0) return -1;
    return beginForward(kv, dimOf(lengths, 0));
  });

  define(globals, 'vm.builtin.kv_state_end_forward', (bound, args, count, result) => {
    beginArguments('kv_state_end_forward', args, count);
    const kv = stateArgument(0);
    if (!argumentsAreGood()) return -1;
    endForward(kv);
    return 0;
  });

  define(globals, 'vm.builtin.kv_state_popn', (bound, args, count, result) => {
    beginArguments('kv_state_popn', args, count);
    const kv = stateArgument(0);
    const sequence = intArgument(1);
    const positions = intArgument(2);
    if (!argumentsAreGood() || checkSequence(kv, sequence) != 0) return -1;
    return popPositions(kv, positions);
  });

  define(globals, 'vm.builtin.attention_kv_cache_enable_sliding_window_for_seq', (bound, args, count, result) => {
    beginArguments('attention_kv_cache_enable_sliding_window_for_seq', args, count);
    const kv = stateArgument(0);
    const sequence = intArgument(1);
    const window = intArgument(2);
    const sink = intArgument(3);
    if (!argumentsAreGood() || checkSequence(kv, sequence) != 0) return -1;
    return enableSlidingWindow(kv, window, sink);
  });
}
