import { AppError } from '#base/errors.ts';

/** Refuses, by kernel and dimension, a size that the kernel was not made for. */
export function requireShape(holds: boolean, kernel: string, dimension: string, value: number, needed: string): void {
  if (!holds) throw new AppError('kernel-shape', { kernel, dimension, value, needed });
}

/** Refuses a count of rows, heads and the like that is not a positive whole number below 2^31. */
export function requireCount(kernel: string, dimension: string, value: number): void {
  requireShape(
    Number.isInteger(value) && value > 0 && value < 2 ** 31,
    kernel,
    dimension,
    value,
    'a positive whole number',
  );
}

/** Refuses head counts and a head dimension that the attention kernels cannot take. */
export function requireHeads(
  kernel: string,
  sizes: { readonly heads: number; readonly kvHeads: number; readonly headDim: number },
): void {
  const { heads, kvHeads, headDim } = sizes;
  requireCount(kernel, 'heads', heads);
  requireCount(kernel, 'kvHeads', kvHeads);
  requireShape(heads % kvHeads === 0, kernel, 'heads', heads, `a multiple of the ${kvHeads} KV heads`);
  requireShape(
    headDim % 16 === 0 && headDim >= 16 && headDim <= 256,
    kernel,
    'headDim',
    headDim,
    'a multiple of 16 up to 256',
  );
}
