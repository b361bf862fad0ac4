/** The ids with p >= t for the largest t whose set has at least the share topP of all the mass; in id order. */
export function topPSet(probs: ArrayLike<number>, topP: number): number[] {
  const ids = Array.from({ length: probs.length }, (_, id) => id).sort((a, b) => probs[b]! - probs[a]!);
  const wanted = Math.max(0, Math.min(1, topP)) * ids.reduce((sum, id) => sum + probs[id]!, 0);
  let mass = 0;
  let count = 0;
  while (count < ids.length && (count === 0 || mass < wanted || probs[ids[count]!] === probs[ids[count - 1]!])) {
    mass += probs[ids[count]!]!;
    count++;
  }
  return ids.slice(0, count).sort((a, b) => a - b);
}

/** The first id of the set, in id order, at which the sum of probabilities passes `uniform` of the set's mass. */
export function sampleTopP(probs: ArrayLike<number>, topP: number, uniform: number): number {
  for (let i = 0; i < probs.length; i++) if (!(probs[i]! >= 0 && probs[i]! < Infinity)) return -1;
  const set = topPSet(probs, topP);
  const target = uniform * set.reduce((sum, id) => sum + probs[id]!, 0);
  let passed = 0;
  for (const id of set) {
    passed += probs[id]!;
    if (passed > target) return id;
  }
  return set.at(-1)!;
}

/** Presence and frequency are taken off, then repetition multiplies below 0 and divides from 0. */
export function penalise(
  logits: ArrayLike<number>,
  ids: readonly number[],
  counts: readonly number[],
  penalties: { readonly presence: number; readonly frequency: number; readonly repetition: number },
): Float64Array {
  const out = Float64Array.from(logits);
  ids.forEach((id, i) => {
    const x = out[id]! - (penalties.presence + counts[i]! * penalties.frequency);
    out[id] = x < 0 ? x * penalties.repetition : x / penalties.repetition;
  });
  return out;
}

export function addBias(logits: ArrayLike<number>, ids: readonly number[], bias: readonly number[]): Float64Array {
  const out = Float64Array.from(logits);
  ids.forEach((id, i) => (out[id]! += bias[i]!));
  return out;
}

/** Bit id of the mask 1: kept; 0: lowered to -1e30. */
export function applyBitmask(logits: ArrayLike<number>, mask: ArrayLike<number>): Float64Array {
  return Float64Array.from(logits, (logit, id) => ((mask[id >> 5]! >>> (id & 31)) & 1 ? logit : -1e30));
}
