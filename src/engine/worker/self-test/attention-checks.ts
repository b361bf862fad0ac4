// The kernels of attention on small seeded inputs: whole rows, and one row in splits that a second kernel joins.
import { halfToNumber } from '#base/float16.ts';
import {
  attention,
  attentionReduce,
  attentionSplit,
  splitBytes,
  splitOf,
} from '#model-library/kernels/attention/attention.ts';
import type { KernelProfile } from '#model-library/kernels/kernel.ts';
import { attend, dot } from '#model-library/reference/operations.ts';
import type { KernelCheck } from '#engine/worker/self-test/kernel-check.ts';
import { Seeded } from '#engine/worker/self-test/seeded.ts';

export type Heads = { readonly heads: number; readonly kvHeads: number; readonly headDim: number };

const NO_WINDOW = { window: 0, sink: 0 };
const floats = (bytes: ArrayBuffer) => new Float32Array(bytes);

/** A cache of `positions` seeded rows [K | V], as the kernels read it and as numbers. */
function seededCache(seeded: Seeded, { kvHeads, headDim }: Heads, positions: number) {
  const keySize = kvHeads * headDim;
  const kv = seeded.halves(positions * keySize * 2);
  const slots = Array.from({ length: positions }, (_, slot) =>
    Float64Array.from(kv.subarray(slot * keySize * 2, (slot + 1) * keySize * 2), halfToNumber),
  );
  return {
    kv,
    keys: slots.map((slot) => slot.subarray(0, keySize)),
    values: slots.map((slot) => slot.subarray(keySize)),
  };
}

/** Attention of a few rows, the last of a short cache. */
export function attentionCheck(heads: Heads, profile: KernelProfile): KernelCheck {
  const [rows, position] = [3, 3];
  const capacity = position + rows;
  const seeded = new Seeded(3);
  const querySize = heads.heads * heads.headDim;
  const q = seeded.floats(rows * querySize);
  const { kv, keys, values } = seededCache(seeded, heads, capacity);
  const expected = Array.from({ length: rows }, (_, row) => {
    const cache = { keys: keys.slice(0, position + row + 1), values: values.slice(0, position + row + 1) };
    const query = q.subarray(row * querySize, (row + 1) * querySize);
    return [...attend(query, cache, position + row, heads.heads, heads.kvHeads, NO_WINDOW)];
  }).flat();
  return {
    kernel: attention(heads, profile),
    inputs: { q, kv, out: new Float32Array(q.length) },
    variables: { rows, position, total: capacity, capacity, ...NO_WINDOW },
    output: 'out',
    read: floats,
    expected,
    tolerance: expected.map(() => 2 ** -14),
  };
}

/** The two steps of decode, on one whole split and one that is only begun. */
export function decodeAttentionChecks(heads: Heads, profile: KernelProfile): KernelCheck[] {
  const split = splitOf(profile);
  const capacity = split + 3;
  const variables = { rows: 1, position: capacity - 1, total: capacity, capacity, ...NO_WINDOW };
  return [splitCheck(heads, profile, variables, split), reduceCheck(heads, profile, variables)];
}

type Call = KernelCheck['variables'] & { readonly capacity: number };

function splitCheck(heads: Heads, profile: KernelProfile, variables: Call, split: number): KernelCheck {
  const { headDim } = heads;
  const seeded = new Seeded(8);
  const q = seeded.floats(heads.heads * headDim);
  const { kv, keys, values } = seededCache(seeded, heads, variables.capacity);
  const sharing = heads.heads / heads.kvHeads;
  const expected: number[] = [];
  for (let begin = 0; begin < variables.capacity; begin += split) {
    for (let head = 0; head < heads.heads; head++) {
      const at = Math.floor(head / sharing) * headDim;
      const part = (rows: Float64Array[]) =>
        rows.slice(begin, begin + split).map((row) => row.subarray(at, at + headDim));
      const query = q.subarray(head * headDim, (head + 1) * headDim);
      const scores = part(keys).map((key) => dot(query, key) / Math.sqrt(headDim));
      const best = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - best));
      const mixed = new Float64Array(headDim);
      part(values).forEach((value, i) => value.forEach((number, d) => (mixed[d]! += number * weights[i]!)));
      expected.push(
        ...mixed,
        best,
        weights.reduce((sum, weight) => sum + weight, 0),
        0,
        0,
      );
    }
  }
  return {
    kernel: attentionSplit(heads, profile),
    inputs: { q, kv, parts: new Float32Array(partsLength(heads, profile, variables.capacity)) },
    variables,
    output: 'parts',
    read: floats,
    expected,
    // Up to `split` numbers below 1 are added.
    tolerance: expected.map(() => 2 ** -14 * Math.sqrt(split)),
  };
}

function reduceCheck(heads: Heads, profile: KernelProfile, variables: Call): KernelCheck {
  const { headDim } = heads;
  const seeded = new Seeded(9);
  const parts = seeded.floats(partsLength(heads, profile, variables.capacity));
  const stride = headDim + 4;
  const splitCount = 2;
  const expected: number[] = [];
  for (let head = 0; head < heads.heads; head++) {
    const starts = Array.from({ length: splitCount }, (_, index) => (index * heads.heads + head) * stride);
    for (const at of starts) parts[at + headDim + 1] = 1 + Math.abs(parts[at + headDim + 1]!);
    const weights = starts.map((at) => Math.exp(parts[at + headDim]!));
    const total = starts.reduce((sum, at, index) => sum + weights[index]! * parts[at + headDim + 1]!, 0);
    for (let d = 0; d < headDim; d++) {
      expected.push(starts.reduce((sum, at, index) => sum + weights[index]! * parts[at + d]!, 0) / total);
    }
  }
  return {
    kernel: attentionReduce(heads, profile),
    inputs: { parts, out: new Float32Array(expected.length) },
    variables,
    output: 'out',
    read: floats,
    expected,
    tolerance: expected.map(() => 2 ** -16),
  };
}

function partsLength(heads: Heads, profile: KernelProfile, capacity: number): number {
  const { perPosition, fixed } = splitBytes(heads, profile);
  return Math.ceil((perPosition * capacity + fixed) / 4);
}
