/**
 * Throws unless every number is within its bound of the expected one; the message names the worst.
 * A bound is a number for all or one for each.
 */
export function expectWithin(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number | ArrayLike<number>,
  what: string,
): void {
  if (got.length !== expected.length) throw new Error(`${what}: ${got.length} numbers instead of ${expected.length}`);
  let worst = 0;
  let worstAt = -1;
  for (let i = 0; i < got.length; i++) {
    const share = Math.abs(got[i]! - expected[i]!) / (typeof bound === 'number' ? bound : bound[i]!);
    // NaN is further away than any number.
    if (!(share <= worst)) [worst, worstAt] = [share, i];
    if (Number.isNaN(share)) break;
  }
  if (worst <= 1) return;
  throw new Error(
    `${what}: number ${worstAt} is ${got[worstAt]} instead of ${expected[worstAt]}, ${worst.toFixed(1)} times the allowed distance.`,
  );
}

/**
 * How far an f32 dot product may lie from the exact one: 2^-19 of the largest sum it could have had. Formats with an
 * offset add `offset * sum(x)` to a product of nearly its size, so the bound is taken from the row's largest weight and
 * not from the sum itself; 2^-19 is 32 roundings of f32, of which a sum over k/32 blocks by four-wide products has fewer
 * than it could in the worst order.
 */
export function dotBound(row: ArrayLike<number>, x: ArrayLike<number>): number {
  let largest = 0;
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    largest = Math.max(largest, Math.abs(row[i]!));
    sum += Math.abs(x[i]!);
  }
  return 2 ** -19 * (largest * sum + 1);
}
