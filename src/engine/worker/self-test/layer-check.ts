// The first layer of the loaded weights at two positions, on the GPU and in plain arithmetic. What it covers is what nothing else
// does: that the bytes in the GPU's buffers are the bytes of the store. At position 0 attention returns its own value row whatever
// q and k are; at position 1 their scores decide how much of either value row comes.
import { AppError } from '#base/errors.ts';
import { packedRowBytes } from '#formats/packed/format.ts';
import type { MatrixDescription, ModelDescription } from '#model-library/program/model-description.ts';
import {
  add,
  attend,
  dot,
  rmsNorm,
  rope,
  ropeTable,
  roundToHalf,
  siluMultiply,
} from '#model-library/reference/operations.ts';
import { inverseFrequencies } from '#model-library/program/inverse-frequencies.ts';
import type { LoadedModel } from '#engine/worker/loaded-model.ts';
import type { Pipeline } from '#engine/worker/pipeline.ts';
import { unpackRowFast } from '#engine/worker/self-test/fast-row.ts';
import { requireWithin } from '#engine/worker/self-test/kernel-check.ts';
import { Seeded } from '#engine/worker/self-test/seeded.ts';

/** Output rows of the last matrix that are compared; enough to see any damaged upload, spread over all of them. */
const COMPARED_ROWS = 512;

export type Tensors = {
  /** A stored tensor's bytes, packed as they were uploaded; starts on 16 bytes. */
  readTensor(name: string): Promise<Uint8Array<ArrayBuffer>>;
};

/**
 * Compares the layer's output at position 1, after another row at position 0. Returns how many numbers were compared: 0 when the
 * reference was not ready by `deadlineMs`. Throws `self-test-failed`.
 */
export async function checkLayer(loaded: LoadedModel, tensors: Tensors, deadlineMs: number): Promise<number> {
  const { hiddenSize } = loaded.model.description.config;
  const seeded = new Seeded(8);
  // A context of one position, if anybody wants that, has only the first.
  const inputs = Array.from({ length: Math.min(2, loaded.contextLength) }, () => seeded.floats(hiddenSize));
  const got = await runLayer(loaded, inputs);
  const expected = await referenceLayer(loaded.model.description, tensors, inputs, deadlineMs);
  if (!expected) return 0;
  const [rows, values] = expected;
  const hidden = inputs.at(-1) as Float32Array;
  const change = values.reduce(
    (most, value, at) => Math.max(most, Math.abs(value - Number(hidden[rows[at] as number]))),
    0,
  );
  // f32 sums of some ten thousand products, and keys and values rounded to f16: 2^-10 of the largest change is ten times what
  // was seen.
  const tolerance = values.map(() => 2 ** -10 * change + 2 ** -16);
  requireWithin(
    'the first layer of the weights',
    rows.map((row) => Number(got[row])),
    values,
    tolerance,
  );
  return rows.length;
}

/** The layer's output for the last input, the others before it in the cache. */
async function runLayer({ pipeline }: LoadedModel, inputs: readonly Float32Array[]): Promise<Float32Array> {
  const { tvm, vm, device, kvCache, params } = pipeline;
  const size = inputs[0]?.length ?? 0;
  pipeline.resetChat();
  tvm.beginScope();
  try {
    const layer = vm.getFunction('daylight.layer_check');
    let row = tvm.empty([1, size], 'float32', device);
    for (const [position, input] of inputs.entries()) {
      if (position > 0) takePosition(pipeline);
      row = tvm.empty([1, size], 'float32', device).copyFrom(input);
      layer(row, kvCache, params);
    }
    const result = tvm.empty([1, size], 'float32', tvm.cpu()).copyFrom(row);
    await device.sync();
    return new Float32Array(result.toArray());
  } finally {
    tvm.endScope();
    pipeline.resetChat();
  }
}

/** Keeps what the layer check wrote at the next position, so that the one after becomes the next. */
function takePosition({ tvm, kvCache }: Pipeline): void {
  const call = (name: string) => tvm.getGlobalFunc(`vm.builtin.kv_state_${name}`);
  call('begin_forward')(kvCache, tvm.makeShapeTuple([0]), tvm.makeShapeTuple([1]));
  call('end_forward')(kvCache);
}

/** Chosen rows of the layer's output for the last input; null when time ran out. */
async function referenceLayer(
  { config, matrices, frequencyFactors }: ModelDescription,
  tensors: Tensors,
  inputs: readonly Float32Array[],
  deadlineMs: number,
): Promise<[rows: number[], values: number[]] | null> {
  const { headCount, kvHeadCount, headDim, hiddenSize, rmsEpsilon: eps } = config;
  const { base, layout, scaling } = config.rope;
  const vector = async (role: string) => new Float32Array((await tensors.readTensor(`blk.0.${role}.weight`)).buffer);
  const times = async (role: string, xs: readonly ArrayLike<number>[], rows?: readonly number[]) => {
    const name = `blk.0.${role}.weight`;
    const matrix = matrices.find((one) => one.name === name);
    if (!matrix) throw new AppError('program-tensor', { name, found: 'missing', expected: 'a matrix' });
    return multiplyPacked(matrix, await tensors.readTensor(name), xs, rows, deadlineMs);
  };
  const position = inputs.length - 1;
  const linearFactor = scaling.type === 'linear' ? scaling.factor : 1;
  const table = ropeTable(inverseFrequencies(headDim, { base, linearFactor, frequencyFactors }), inputs.length);
  const turn = (x: Float64Array, at: number) => rope(x, headDim, layout, table, at);

  const norm = await vector('attn_norm');
  const normed = inputs.map((input) => rmsNorm(input, norm, eps));
  const q = await times('attn_q', normed.slice(-1));
  const keys = q && (await times('attn_k', normed));
  const values = keys && (await times('attn_v', normed));
  if (!values) return null;
  const cache = { keys: keys.map((key, at) => roundToHalf(turn(key, at))), values: values.map(roundToHalf) };
  const query = turn(q[0] as Float64Array, position);
  const mixed = attend(query, cache, position, headCount, kvHeadCount, { window: 0, sink: 0 });
  const attention = await times('attn_output', [mixed]);
  if (!attention) return null;
  const attended = add(inputs[position] as Float32Array, attention[0] as Float64Array);
  const f = [rmsNorm(attended, await vector('ffn_norm'), eps)];
  const gate = await times('ffn_gate', f);
  const up = gate && (await times('ffn_up', f));
  if (!up) return null;
  const step = Math.max(1, Math.floor(hiddenSize / COMPARED_ROWS));
  const rows = Array.from({ length: Math.ceil(hiddenSize / step) }, (_, index) => index * step);
  const active = siluMultiply(gate[0] as Float64Array, up[0] as Float64Array);
  const down = await times('ffn_down', [active], rows);
  return down && [rows, rows.map((row, at) => (attended[row] as number) + Number(down[0]?.[at]))];
}

/** The products of each x with all rows of a packed matrix, or with the chosen ones; null when time ran out. */
function multiplyPacked(
  { format, rows: rowCount, k }: MatrixDescription,
  packed: Uint8Array<ArrayBuffer>,
  xs: readonly ArrayLike<number>[],
  rows: readonly number[] | undefined,
  deadlineMs: number,
): Float64Array[] | null {
  const rowBytes = packedRowBytes(format, k);
  const weights = new Float32Array(k);
  const count = rows?.length ?? rowCount;
  const products = xs.map(() => new Float64Array(count));
  for (let at = 0; at < count; at++) {
    if (at % 256 === 0 && performance.now() > deadlineMs) return null;
    const row = rows?.[at] ?? at;
    unpackRowFast(format, packed.subarray(row * rowBytes, (row + 1) * rowBytes), weights);
    products.forEach((out, index) => (out[at] = dot(weights, xs[index] as ArrayLike<number>)));
  }
  return products;
}
