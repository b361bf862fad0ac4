// The first layer of the loaded weights, on the GPU and in plain arithmetic. What it covers is what nothing else does: that
// the bytes in the GPU's buffers are the bytes of the store. At position 0 attention returns its own value row whatever q
// and k are, so those two matrices are left to the known answers.
import { AppError } from '#base/errors.ts';
import { packedRowBytes } from '#formats/packed/format.ts';
import type { MatrixDescription, ModelDescription } from '#model-library/program/model-description.ts';
import { add, dot, rmsNorm, roundToHalf, siluMultiply } from '#model-library/reference/operations.ts';
import type { LoadedModel } from '#engine/worker/loaded-model.ts';
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
 * Compares the layer's output for one seeded row. Returns how many numbers were compared: 0 when the reference was not
 * ready by `deadlineMs`. Throws `self-test-failed`.
 */
export async function checkLayer(loaded: LoadedModel, tensors: Tensors, deadlineMs: number): Promise<number> {
  const { description } = loaded.model;
  const hidden = new Seeded(8).floats(description.config.hiddenSize);
  const got = await runLayer(loaded, hidden);
  const expected = await referenceLayer(description, tensors, hidden, deadlineMs);
  if (!expected) return 0;
  const [rows, values] = expected;
  const change = values.reduce(
    (most, value, at) => Math.max(most, Math.abs(value - Number(hidden[rows[at] as number]))),
    0,
  );
  // f32 sums of some ten thousand products, one rounding of v to f16: 2^-10 of the largest change is ten times what was seen.
  const tolerance = values.map(() => 2 ** -10 * change + 2 ** -16);
  requireWithin(
    'the first layer of the weights',
    rows.map((row) => Number(got[row])),
    values,
    tolerance,
  );
  return rows.length;
}

async function runLayer({ pipeline }: LoadedModel, hidden: Float32Array): Promise<Float32Array> {
  const { tvm, vm, device, kvCache, params } = pipeline;
  pipeline.resetChat();
  tvm.beginScope();
  try {
    const row = tvm.empty([1, hidden.length], 'float32', device).copyFrom(hidden);
    vm.getFunction('daylight.layer_check')(row, kvCache, params);
    const result = tvm.empty([1, hidden.length], 'float32', tvm.cpu()).copyFrom(row);
    await device.sync();
    return new Float32Array(result.toArray());
  } finally {
    tvm.endScope();
  }
}

/** Chosen rows of the layer's output; null when time ran out. */
async function referenceLayer(
  { config, matrices }: ModelDescription,
  tensors: Tensors,
  hidden: Float32Array,
  deadlineMs: number,
): Promise<[rows: number[], values: number[]] | null> {
  const { headCount, kvHeadCount, headDim, hiddenSize, rmsEpsilon: eps } = config;
  const vector = async (role: string) => new Float32Array((await tensors.readTensor(`blk.0.${role}.weight`)).buffer);
  const times = async (role: string, x: ArrayLike<number>, rows?: readonly number[]) => {
    const name = `blk.0.${role}.weight`;
    const matrix = matrices.find((one) => one.name === name);
    if (!matrix) throw new AppError('program-tensor', { name, found: 'missing', expected: 'a matrix' });
    return multiplyPacked(matrix, await tensors.readTensor(name), x, rows, deadlineMs);
  };
  const h = rmsNorm(hidden, await vector('attn_norm'), eps);
  const v = await times('attn_v', h);
  if (!v) return null;
  const kept = roundToHalf(v);
  const group = headCount / kvHeadCount;
  const mixed = Float64Array.from({ length: headCount * headDim }, (_, at) => {
    const head = Math.floor(at / headDim / group);
    return kept[head * headDim + (at % headDim)] as number;
  });
  const attention = await times('attn_output', mixed);
  if (!attention) return null;
  const attended = add(hidden, attention);
  const f = rmsNorm(attended, await vector('ffn_norm'), eps);
  const gate = await times('ffn_gate', f);
  const up = gate && (await times('ffn_up', f));
  if (!up) return null;
  const step = Math.max(1, Math.floor(hiddenSize / COMPARED_ROWS));
  const rows = Array.from({ length: Math.ceil(hiddenSize / step) }, (_, index) => index * step);
  const down = await times('ffn_down', siluMultiply(gate, up), rows);
  return down && [rows, rows.map((row, at) => (attended[row] as number) + (down[at] as number))];
}

function multiplyPacked(
  { format, rows: rowCount, k }: MatrixDescription,
  packed: Uint8Array<ArrayBuffer>,
  x: ArrayLike<number>,
  rows: readonly number[] | undefined,
  deadlineMs: number,
): Float64Array | null {
  const rowBytes = packedRowBytes(format, k);
  const weights = new Float32Array(k);
  const out = new Float64Array(rows?.length ?? rowCount);
  for (let at = 0; at < out.length; at++) {
    if (at % 256 === 0 && performance.now() > deadlineMs) return null;
    const row = rows?.[at] ?? at;
    unpackRowFast(format, packed.subarray(row * rowBytes, (row + 1) * rowBytes), weights);
    out[at] = dot(weights, x);
  }
  return out;
}
