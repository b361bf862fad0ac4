// One layer, and a whole llama model, in f64. Row by row, so that prefill and decode are the same thing.
import type { Matrix } from './matrix.ts';
import {
  add,
  attend,
  multiply,
  rmsNorm,
  rope,
  roundToHalf,
  siluMultiply,
  type ReferenceKv,
  type Row,
  type Window,
} from './operations.ts';

export type ReferenceLayer = {
  readonly attnNorm: Float32Array;
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly o: Matrix;
  readonly ffnNorm: Float32Array;
  readonly gate: Matrix;
  readonly up: Matrix;
  readonly down: Matrix;
};

export type ReferenceShape = {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ropeLayout: 'norm' | 'neox';
  readonly eps: number;
  /** (cos, sin) pairs, [position][headDim / 2]. */
  readonly rope: Float32Array;
  readonly window: Window;
};

export type ReferenceModel = ReferenceShape & {
  readonly embedding: Matrix;
  readonly layers: readonly ReferenceLayer[];
  readonly outputNorm: Float32Array;
  /** The embedding itself where the model ties them. */
  readonly output: Matrix;
};

/** An empty cache for one layer. */
export function createReferenceKv(): ReferenceKv {
  return { keys: [], values: [] };
}

/** One row through one layer; its position is the number of rows already in `kv`, which gets this one too. */
export function referenceLayer(x: Row, layer: ReferenceLayer, kv: ReferenceKv, shape: ReferenceShape): Row {
  const { heads, kvHeads, headDim, ropeLayout, eps, window } = shape;
  const position = kv.keys.length;
  const h = rmsNorm(x, layer.attnNorm, eps);
  const q = rope(multiply(layer.q, h), headDim, ropeLayout, shape.rope, position);
  kv.keys.push(roundToHalf(rope(multiply(layer.k, h), headDim, ropeLayout, shape.rope, position)));
  kv.values.push(roundToHalf(multiply(layer.v, h)));
  const attended = add(x, multiply(layer.o, attend(q, kv, position, heads, kvHeads, window)));
  const f = rmsNorm(attended, layer.ffnNorm, eps);
  const inner = siluMultiply(multiply(layer.gate, f), multiply(layer.up, f));
  return add(attended, multiply(layer.down, inner));
}

/** Logits after the last of `ids`, which follow what the caches of `kv` (one a layer) already hold. */
export function referenceForward(model: ReferenceModel, ids: readonly number[], kv: readonly ReferenceKv[]): Row {
  let x: Row = new Float64Array();
  for (const id of ids) {
    x = Float64Array.from(model.embedding.row(id));
    model.layers.forEach((layer, index) => (x = referenceLayer(x, layer, kv[index]!, model)));
  }
  return multiply(model.output, rmsNorm(x, model.outputNorm, model.eps));
}
