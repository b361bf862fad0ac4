// Medians and ranges of a few rounds. A mean would let one disturbed round decide.

export type Spread = { readonly median: number; readonly low: number; readonly high: number; readonly count: number };

/** The median, smallest and largest of `values`; null for none. NaN and infinities are refused. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  if (!values.every(Number.isFinite)) throw new Error(`Not a measurement: ${values.join(', ')}`);
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  return { median, low: sorted[0]!, high: sorted[sorted.length - 1]!, count: sorted.length };
}

/**
 * How many times `ours` is `theirs`, round by round: pairs were measured next to each other, so what disturbed both cancels out.
 * A null is a round that gave no number; its pair is left out.
 */
export function ratioOf(ours: readonly (number | null)[], theirs: readonly (number | null)[]): Spread | null {
  const ratios: number[] = [];
  for (let round = 0; round < Math.min(ours.length, theirs.length); round++) {
    const above = ours[round];
    const below = theirs[round];
    if (typeof above === 'number' && typeof below === 'number' && below > 0) ratios.push(above / below);
  }
  return spreadOf(ratios);
}
