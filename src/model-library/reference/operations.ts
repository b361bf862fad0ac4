// Every operation of a llama layer, the slow and obvious way, in f64. What the kernels are tested against.
import { halfToNumber, numberToHalf } from '#base/float16.ts';
import type { Matrix } from './matrix.ts';

/** One row of activations. */
export type Row = Float64Array;

/** x / sqrt(mean(x²) + eps) * weight. */
export function rmsNorm(x: ArrayLike<number>, weight: ArrayLike<number>, eps: number): Row {
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += x[i]! * x[i]!;
  const scale = 1 / Math.sqrt(squares / x.length + eps);
  return Float64Array.from({ length: x.length }, (_, i) => x[i]! * scale * weight[i]!);
}

/** W x. */
export function multiply(matrix: Matrix, x: ArrayLike<number>): Row {
  return Float64Array.from({ length: matrix.rowCount }, (_, row) => dot(matrix.row(row), x));
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function add(a: ArrayLike<number>, b: ArrayLike<number>): Row {
  return Float64Array.from({ length: a.length }, (_, i) => a[i]! + b[i]!);
}

/** silu(gate) * up. */
export function siluMultiply(gate: ArrayLike<number>, up: ArrayLike<number>): Row {
  return Float64Array.from({ length: gate.length }, (_, i) => (gate[i]! / (1 + Math.exp(-gate[i]!))) * up[i]!);
}

/** (cos, sin) pairs in f32, [position][headDim / 2], of the angles position * frequency. */
export function ropeTable(inverseFrequencies: readonly number[], positionCount: number): Float32Array {
  const half = inverseFrequencies.length;
  const table = new Float32Array(positionCount * half * 2);
  for (let position = 0; position < positionCount; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * inverseFrequencies[i]!;
      table[(position * half + i) * 2] = Math.cos(angle);
      table[(position * half + i) * 2 + 1] = Math.sin(angle);
    }
  }
  return table;
}

/** The plain inverse frequencies theta^(-2i / headDim). */
export function inverseFrequencies(headDim: number, theta: number): number[] {
  return Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
}

/** Turns every head of x by the table's angles of `position`: elements (2i, 2i+1) or, neox, (i, i + headDim/2). */
export function rope(
  x: ArrayLike<number>,
  headDim: number,
  layout: 'norm' | 'neox',
  table: Float32Array,
  position: number,
): Row {
  const out = Float64Array.from(x);
  const half = headDim / 2;
  for (let head = 0; head < x.length; head += headDim) {
    for (let i = 0; i < half; i++) {
      const a = head + (layout === 'norm' ? 2 * i : i);
      const b = layout === 'norm' ? a + 1 : a + half;
      const cos = table[(position * half + i) * 2]!;
      const sin = table[(position * half + i) * 2 + 1]!;
      out[a] = x[a]! * cos - x[b]! * sin;
      out[b] = x[a]! * sin + x[b]! * cos;
    }
  }
  return out;
}

/** Keys and values of all positions so far, [position][kvHeads * headDim], rounded to f16 as the cache holds them. */
export type ReferenceKv = { readonly keys: Row[]; readonly values: Row[] };

export function roundToHalf(x: ArrayLike<number>): Row {
  return Float64Array.from(x, (value) => halfToNumber(numberToHalf(Math.max(-65504, Math.min(65504, value)))));
}

/** Which positions a query sees; window 0 means all of them. */
export type Window = { readonly window: number; readonly sink: number };

export function isVisible(position: number, query: number, { window, sink }: Window): boolean {
  if (position > query) return false;
  return window === 0 || position < sink || position > query - (window - sink);
}

/** Softmax attention of one query row at `position` over the visible cache; query heads share KV heads in groups. */
export function attend(
  query: ArrayLike<number>,
  kv: ReferenceKv,
  position: number,
  heads: number,
  kvHeads: number,
  window: Window,
): Row {
  const headDim = query.length / heads;
  const visible = kv.keys.map((_, p) => p).filter((p) => isVisible(p, position, window));
  const out = new Float64Array(query.length);
  for (let head = 0; head < heads; head++) {
    const kvAt = Math.floor(head / (heads / kvHeads)) * headDim;
    const q = Float64Array.from({ length: headDim }, (_, d) => query[head * headDim + d]!);
    const scores = visible.map((p) => dot(q, kv.keys[p]!.subarray(kvAt, kvAt + headDim)) / Math.sqrt(headDim));
    const weights = softmax(scores, 1);
    visible.forEach((p, i) => {
      for (let d = 0; d < headDim; d++) out[head * headDim + d]! += weights[i]! * kv.values[p]![kvAt + d]!;
    });
  }
  return out;
}

export function softmax(logits: ArrayLike<number>, temperature: number): Row {
  let best = -Infinity;
  for (let i = 0; i < logits.length; i++) best = Math.max(best, logits[i]!);
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - best) / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
