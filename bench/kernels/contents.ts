// What the buffers of a timed program hold: seeded, and of a size in which nothing overflows or rounds to zero.
import { numberToHalf } from '#base/float16.ts';
import { packedRowBytes } from '#formats/packed/format.ts';
import { packRows } from '#formats/packed/pack.ts';
import type { MatrixDescription } from '#model-library/program/model-description.ts';
import { createRandom, randomSource } from '#tests/support/gpu/random.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Distinct random rows of a matrix; it repeats them. */
const DISTINCT_ROWS = 64;
/** Values of q, k, v and the like are made from this many random ones. */
const DISTINCT_VALUES = 4099;

export function matrixBytes({ format, rows, k }: MatrixDescription): Bytes {
  const rowBytes = packedRowBytes(format, k);
  const distinct = Math.min(rows, DISTINCT_ROWS);
  const bytes = new Uint8Array(rows * rowBytes);
  const source = randomSource(createRandom(rows + k), format, distinct, k);
  packRows(format, source, distinct, k, bytes.subarray(0, distinct * rowBytes));
  for (let row = distinct; row < rows; row += distinct) {
    bytes.set(bytes.subarray(0, Math.min(distinct, rows - row) * rowBytes), row * rowBytes);
  }
  return bytes;
}

function repeated(bytes: number, values: Uint16Array | Float32Array): Bytes {
  const whole = new Uint8Array(bytes);
  const part = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (let at = 0; at < bytes; at += part.length) whole.set(part.subarray(0, Math.min(part.length, bytes - at)), at);
  return whole;
}

/** Float32 of about a normal distribution. */
export function floatBytes(bytes: number): Bytes {
  return repeated(bytes, createRandom(bytes).normal(DISTINCT_VALUES));
}

/** The same as halves: a cache. */
export function halfBytes(bytes: number): Bytes {
  return repeated(bytes, Uint16Array.from(createRandom(bytes).normal(DISTINCT_VALUES), numberToHalf));
}

/** Probabilities as a model gives them: a few likely tokens and a long tail. */
export function probabilityBytes(count: number): Bytes {
  const weights = createRandom(count)
    .normal(count, 2)
    .map((x) => Math.exp(x));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return new Uint8Array(weights.map((weight) => weight / sum).buffer);
}

/** One number between 0 and 1 everywhere: a temperature, a top-p, a draw. */
export function constantBytes(bytes: number): Bytes {
  return new Uint8Array(new Float32Array(bytes / 4).fill(0.7).buffer);
}
