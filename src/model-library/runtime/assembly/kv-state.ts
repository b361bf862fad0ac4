// The state of one conversation: the KV buffers, the rotary table and the scratch of a forward pass, with the length of the
// one sequence the host uses. Positions count from 0 for ever; slots in the buffers are the kernels' business:
//
//   slot(p) = p < sink ? p : sink + (p - sink) % (capacity - sink)
//   row at position t attends to p <= t with p < sink or p > t - (window - sink)
//
// Without a sliding window: window = 0 and sink = 0, the slot is p, and every earlier position is seen.
import { Fault, raise } from './fault';
import { Obj, Type, newObject, release } from './object';
import { frequencyCount, positionLimit, prefillChunk, rotaryState, stateBytes, stateCount } from './program';
import { fillRotaryTable } from './rotary';
import { Device, Storage, newStorage } from './tensor';

/** Largest capacity or chunk that is believed: position arithmetic in kernels is i32. */
const MAX_POSITIONS = 1 << 24;

@unmanaged
export class KvState extends Obj {
  hasSequence: bool;
  isSliding: bool;
  /** Positions done, and positions announced by begin_forward. */
  length: i32;
  pending: i32;
  /** One more than the highest position ever written; pop needs to know what a ring has overwritten. */
  written: i32;
  capacity: i32;
  chunk: i32;
  window: i32;
  sink: i32;
  rotaryRows: i32;
  states: i32;
  // then `states` storages, u32 each
}

function stateAt(kv: KvState, index: i32): usize {
  return changetype<usize>(kv) + offsetof<KvState>() + <usize>index * 4;
}

/** Buffer number of state `index`. */
export function stateBuffer(kv: KvState, index: i32): usize {
  return changetype<Storage>(load<usize>(stateAt(kv, index))).data;
}

/** Makes the buffers for `positions` positions and prefill chunks of `chunk`; 0 after a failure. */
export function newKvState(positions: i32, chunk: i32, isSliding: bool): usize {
  if (positions < 1 || positions > MAX_POSITIONS || chunk < 1 || chunk > prefillChunk()) {
    raise(
      Fault.Unsupported,
      "A KV state of # positions with chunks of # was asked for, which this model's program cannot serve.",
      positions,
      chunk,
    );
    return 0;
  }
  if (!isSliding && positions > positionLimit()) {
    raise(
      Fault.PastRotaryTable,
      'A context of # positions was asked for; the model knows #. Choose a smaller context.',
      positions,
      positionLimit(),
    );
    return 0;
  }
  const count = stateCount();
  const kv = changetype<KvState>(newObject(Type.KvState, offsetof<KvState>() + <usize>count * 4));
  kv.isSliding = isSliding;
  kv.capacity = isSliding ? positions + chunk : positions;
  kv.chunk = chunk;
  kv.rotaryRows = isSliding ? positionLimit() : positions;
  kv.states = count;
  clearSequences(kv);
  for (let i = 0; i < count; i++) {
    const bytes = i == rotaryState() ? <i64>kv.rotaryRows * frequencyCount() * 8 : stateBytes(i, kv.capacity, chunk);
    const storage = newStorage(Device.WebGpu, bytes);
    if (storage == 0) {
      release(changetype<usize>(kv));
      return 0;
    }
    store<u32>(stateAt(kv, i), storage);
  }
  if (fillRotaryTable(stateBuffer(kv, rotaryState()), kv.rotaryRows) != 0) {
    release(changetype<usize>(kv));
    return 0;
  }
  return changetype<usize>(kv);
}

export function releaseKvState(object: usize): void {
  const kv = changetype<KvState>(object);
  for (let i = 0; i < kv.states; i++) release(load<u32>(stateAt(kv, i)));
}

export function clearSequences(kv: KvState): void {
  kv.hasSequence = false;
  kv.length = 0;
  kv.pending = 0;
  kv.written = 0;
  kv.window = kv.isSliding ? kv.capacity - kv.chunk : 0;
  kv.sink = 0;
}

/** The one sequence is number 0 and must have been added; any other is refused. */
export function checkSequence(kv: KvState, sequence: i64): i32 {
  if (sequence == 0 && kv.hasSequence) return 0;
  if (sequence == 0) return raise(Fault.UnknownSequence, 'Sequence 0 has not been added to the KV state.');
  return raise(Fault.UnknownSequence, 'Sequence # was named; the KV state knows sequence 0 only.', sequence);
}

export function addSequence(kv: KvState, sequence: i64): i32 {
  if (sequence != 0)
    return raise(Fault.UnknownSequence, 'Sequence # was to be added; the KV state keeps sequence 0 only.', sequence);
  if (kv.hasSequence) return raise(Fault.UnknownSequence, 'Sequence 0 is in the KV state already.');
  kv.hasSequence = true;
  return 0;
}

/** Bounds the attention to `window` positions, the first `sink` of them for ever. Before the first position only. */
export function enableSlidingWindow(kv: KvState, window: i64, sink: i64): i32 {
  if (!kv.isSliding)
    return raise(Fault.Unsupported, 'A sliding window was asked for, but the KV state was made without one.');
  if (window < 1 || window > kv.capacity - kv.chunk || sink < 0 || sink >= window) {
    return raise(
      Fault.Unsupported,
      'A sliding window of # with # first positions kept does not fit this KV state.',
      window,
      sink,
    );
  }
  if (kv.written > 0)
    return raise(Fault.Unsupported, 'The sliding window must be set before the first of # positions.', kv.written);
  kv.window = <i32>window;
  kv.sink = <i32>sink;
  return 0;
}

/** Announces `count` positions for the coming forward pass. */
export function beginForward(kv: KvState, count: i64): i32 {
  if (count < 1 || count > kv.chunk) {
    return raise(Fault.ChunkTooLong, 'A chunk of # positions was announced; 1 to # are possible.', count, kv.chunk);
  }
  const total = <i64>kv.length + count;
  if (!kv.isSliding && total > kv.capacity) {
    return raise(
      Fault.KvFull,
      'The KV state holds # positions and # are needed. Start a new chat or choose a larger context.',
      kv.capacity,
      total,
    );
  }
  if (total > kv.rotaryRows) {
    return raise(
      Fault.PastRotaryTable,
      'Position # is past the end of the rotary table, which has #. Start a new chat.',
      total - 1,
      kv.rotaryRows,
    );
  }
  kv.pending = <i32>count;
  return 0;
}

export function endForward(kv: KvState): void {
  kv.length += kv.pending;
  kv.written = max(kv.written, kv.length);
  kv.pending = 0;
}

/** Takes back the last `count` positions; refused when the ring has overwritten what would be seen again. */
export function popPositions(kv: KvState, count: i64): i32 {
  if (count < 0 || count > <i64>kv.length) {
    return raise(Fault.PopTooFar, '# positions were to be taken back; the sequence has #.', count, kv.length);
  }
  const length = kv.length - <i32>count;
  const oldestKept = kv.written - (kv.capacity - kv.sink);
  const oldestNeeded = max(kv.sink, length - (kv.window - kv.sink) + 1);
  if (kv.isSliding && length > kv.sink && oldestNeeded < oldestKept) {
    return raise(
      Fault.PopTooFar,
      '# positions were to be taken back; the sliding window has overwritten what # would see.',
      count,
      length,
    );
  }
  kv.length = length;
  kv.pending = 0;
  return 0;
}
