// Every kernel of a profile that a model uses, on small seeded inputs. Sizes are small, but formats, head size, head groups
// and rotary layout are the model's own, so that the code is what the model runs.
import { halfToNumber } from '#base/float16.ts';
import { blockLengthOf } from '#formats/packed/format.ts';
import type { PackedFormat } from '#formats/packed/format.ts';
import { embed } from '#model-library/kernels/embed.ts';
import { gateUp } from '#model-library/kernels/gate-up.ts';
import type { KernelProfile } from '#model-library/kernels/kernel.ts';
import { lmHead } from '#model-library/kernels/lm-head.ts';
import { matvec } from '#model-library/kernels/matvec.ts';
import type { ProjectionMode } from '#model-library/kernels/projection/projection.ts';
import { qkv } from '#model-library/kernels/qkv.ts';
import { rmsNorm as rmsNormKernel } from '#model-library/kernels/rms-norm.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';
import type { Matrix } from '#model-library/reference/matrix.ts';
import {
  inverseFrequencies,
  multiply,
  rmsNorm,
  rope,
  ropeTable,
  siluMultiply,
} from '#model-library/reference/operations.ts';
import { attentionCheck, decodeAttentionChecks, type Heads } from '#engine/worker/self-test/attention-checks.ts';
import type { KernelCheck } from '#engine/worker/self-test/kernel-check.ts';
import { samplingChecks } from '#engine/worker/self-test/sampling-checks.ts';
import { Seeded } from '#engine/worker/self-test/seeded.ts';

const EPS = 1e-5;
/** Rows of a prefill: more than one tile of the kernels' smallest, and no multiple of it. */
const PREFILL_ROWS = 5;
const CAPACITY = 16;
const POSITION = 3;
const VOCAB = 67;
const OUTPUTS = 36;

/** Checks for each kernel that the described model runs, one for each combination of formats it has; what every token needs first. */
export function kernelChecks(description: ModelDescription, profile: KernelProfile): KernelCheck[] {
  const { config, matrices } = description;
  const formatOf = (name: string) => matrices.find((matrix) => matrix.name === name)?.format ?? 'f32';
  const layers = Array.from(
    { length: config.layerCount },
    (_, layer) => (role: string) => formatOf(`blk.${layer}.${role}.weight`),
  );
  const qkvFormats = distinct(layers.map((of) => [of('attn_q'), of('attn_k'), of('attn_v')] as const));
  const gateFormats = distinct(layers.map((of) => [of('ffn_gate'), of('ffn_up')] as const));
  const sumFormats = distinct(layers.flatMap((of) => [[of('attn_output')] as const, [of('ffn_down')] as const]));
  const embedding = formatOf('token_embd.weight');
  const heads = { headDim: config.headDim, kvHeads: 2, heads: (2 * config.headCount) / config.kvHeadCount };
  const projections = (mode: ProjectionMode) => [
    ...qkvFormats.map((formats) => qkvCheck(formats, heads, config.rope.layout, profile, mode)),
    ...sumFormats.map(([format]) => matvecCheck(format, profile, mode)),
    ...gateFormats.map((formats) => gateUpCheck(formats, profile, mode)),
  ];
  const head = lmHeadCheck(config.tiedOutput ? embedding : formatOf('output.weight'), profile);
  return [
    ...projections('decode'),
    ...decodeAttentionChecks(heads, profile),
    head,
    ...samplingChecks(),
    rmsNormCheck(profile),
    ...projections('prefill'),
    attentionCheck(heads, profile),
    embedCheck(embedding),
  ];
}

const rowsOf = (mode: ProjectionMode) => (mode === 'decode' ? 1 : PREFILL_ROWS);
const floats = (bytes: ArrayBuffer) => new Float32Array(bytes);
const rowAt = (x: Float32Array, row: number, k: number) => x.subarray(row * k, (row + 1) * k);

/** What a projection multiplies: decode normalises its row itself, prefill is given normalised rows. */
function inputOf(mode: ProjectionMode, row: Float32Array, norm: Float32Array): ArrayLike<number> {
  return mode === 'decode' ? rmsNorm(row, norm, EPS) : row;
}

function rmsNormCheck(profile: KernelProfile): KernelCheck {
  const k = 96;
  const seeded = new Seeded(7);
  const [x, norm] = [seeded.floats(PREFILL_ROWS * k), seeded.floats(k)];
  const expected = Array.from({ length: PREFILL_ROWS }, (_, row) => [...rmsNorm(rowAt(x, row, k), norm, EPS)]).flat();
  return {
    kernel: rmsNormKernel({ k, eps: EPS }, profile),
    inputs: { x, norm, out: new Float32Array(x.length) },
    variables: { rows: PREFILL_ROWS },
    output: 'out',
    read: floats,
    expected,
    tolerance: expected.map((value) => 2 ** -18 * (1 + Math.abs(value))),
  };
}

function embedCheck(format: PackedFormat): KernelCheck {
  const k = blockLengthOf(format);
  const seeded = new Seeded(1);
  const { packed, matrix } = seeded.matrix(format, VOCAB, k);
  const ids = Int32Array.of(0, VOCAB - 1, 5);
  const expected = [...ids].flatMap((id) => [...matrix.row(id)]);
  return {
    kernel: embed({ vocab: VOCAB, k, format }),
    inputs: { ids, weight: packed, out: new Float32Array(ids.length * k) },
    variables: { rows: ids.length },
    output: 'out',
    read: floats,
    expected,
    tolerance: expected.map((value) => 2 ** -20 * (1 + Math.abs(value))),
  };
}

function qkvCheck(
  [qFormat, kFormat, vFormat]: readonly [PackedFormat, PackedFormat, PackedFormat],
  heads: Heads,
  ropeLayout: 'norm' | 'neox',
  profile: KernelProfile,
  mode: ProjectionMode,
): KernelCheck {
  const k = Math.max(...[qFormat, kFormat, vFormat].map(blockLengthOf));
  const rows = rowsOf(mode);
  const seeded = new Seeded(2);
  const keySize = heads.kvHeads * heads.headDim;
  const x = seeded.floats(rows * k);
  const norm = seeded.floats(k);
  const q = seeded.matrix(qFormat, heads.heads * heads.headDim, k);
  const key = seeded.matrix(kFormat, keySize, k);
  const value = seeded.matrix(vFormat, keySize, k);
  const table = ropeTable(inverseFrequencies(heads.headDim, 10_000), CAPACITY);
  // What is judged is the cache row of each position, [K | V]; q goes the way of K.
  const expected: number[] = [];
  const tolerance: number[] = [];
  for (let row = 0; row < rows; row++) {
    const h = inputOf(mode, rowAt(x, row, k), norm);
    const keys = rope(multiply(key.matrix, h), heads.headDim, ropeLayout, table, POSITION + row);
    for (const [values, matrix] of [
      [keys, key.matrix],
      [multiply(value.matrix, h), value.matrix],
    ] as const) {
      // Rotation mixes two rows, so the row of the larger bound counts; f16 keeps 11 bits.
      const bound = 2 * Math.max(...dotBounds(matrix, h));
      expected.push(...values);
      tolerance.push(...Array.from(values, (number) => bound + 2 ** -10 * Math.abs(number)));
    }
  }
  const kv = new Uint32Array(CAPACITY * keySize);
  return {
    kernel: qkv({ k, ...heads, ropeLayout, qFormat, kFormat, vFormat, eps: EPS }, profile, mode),
    inputs: {
      x,
      norm,
      wq: q.packed,
      wk: key.packed,
      wv: value.packed,
      rope: Float32Array.from(table),
      kv,
      q: new Float32Array(rows * q.matrix.rowCount),
    },
    variables: { rows, position: POSITION, total: POSITION + rows, capacity: CAPACITY, window: 0, sink: 0 },
    output: 'kv',
    read: (bytes) =>
      Float64Array.from(new Uint16Array(bytes, POSITION * keySize * 4, rows * keySize * 2), halfToNumber),
    expected,
    tolerance,
  };
}

function matvecCheck(format: PackedFormat, profile: KernelProfile, mode: ProjectionMode): KernelCheck {
  const k = blockLengthOf(format) * 2;
  const rows = rowsOf(mode);
  const seeded = new Seeded(4);
  const { packed, matrix } = seeded.matrix(format, OUTPUTS, k);
  const [x, y] = [seeded.floats(rows * k), seeded.floats(rows * OUTPUTS)];
  const inputs = Array.from({ length: rows }, (_, row) => rowAt(x, row, k));
  return {
    kernel: matvec({ n: OUTPUTS, k, format }, profile, mode),
    inputs: { x, w: packed, y },
    variables: { rows },
    output: 'y',
    read: floats,
    expected: inputs.flatMap((input, row) =>
      [...multiply(matrix, input)].map((sum, at) => sum + Number(y[row * OUTPUTS + at])),
    ),
    tolerance: inputs.flatMap((input) => dotBounds(matrix, input)),
  };
}

function gateUpCheck(
  [gateFormat, upFormat]: readonly [PackedFormat, PackedFormat],
  profile: KernelProfile,
  mode: ProjectionMode,
): KernelCheck {
  const k = Math.max(blockLengthOf(gateFormat), blockLengthOf(upFormat));
  const rows = rowsOf(mode);
  const seeded = new Seeded(5);
  const gate = seeded.matrix(gateFormat, OUTPUTS, k);
  const up = seeded.matrix(upFormat, OUTPUTS, k);
  const [x, norm] = [seeded.floats(rows * k), seeded.floats(k)];
  const expected: number[] = [];
  const tolerance: number[] = [];
  for (let row = 0; row < rows; row++) {
    const h = inputOf(mode, rowAt(x, row, k), norm);
    const [g, u] = [multiply(gate.matrix, h), multiply(up.matrix, h)];
    const [gBound, uBound] = [dotBounds(gate.matrix, h), dotBounds(up.matrix, h)];
    expected.push(...siluMultiply(g, u));
    // Each factor's error times the other factor; silu changes by at most 1.1 of what its argument does.
    g.forEach((_, at) => {
      const [gSize, uSize] = [1 + Math.abs(Number(g[at])), 1 + Math.abs(Number(u[at]))];
      tolerance.push(1.1 * uSize * Number(gBound[at]) + gSize * Number(uBound[at]));
    });
  }
  return {
    kernel: gateUp({ ffn: OUTPUTS, k, gateFormat, upFormat, eps: EPS }, profile, mode),
    inputs: { x, norm, wg: gate.packed, wu: up.packed, out: new Float32Array(rows * OUTPUTS) },
    variables: { rows },
    output: 'out',
    read: floats,
    expected,
    tolerance,
  };
}

function lmHeadCheck(format: PackedFormat, profile: KernelProfile): KernelCheck {
  const k = blockLengthOf(format) * 2;
  const rows = 2;
  const seeded = new Seeded(6);
  const { packed, matrix } = seeded.matrix(format, VOCAB, k);
  const [x, norm] = [seeded.floats(rows * k), seeded.floats(k)];
  const h = rmsNorm(rowAt(x, rows - 1, k), norm, EPS);
  return {
    kernel: lmHead({ vocab: VOCAB, k, format, eps: EPS }, profile),
    inputs: { x, norm, w: packed, logits: new Float32Array(VOCAB) },
    variables: { rows },
    output: 'logits',
    read: floats,
    expected: multiply(matrix, h),
    tolerance: dotBounds(matrix, h),
  };
}

/**
 * How far f32 sums may lie from the exact ones: 2^-16 of the largest each could have been. That is 256 roundings, more than
 * any order of summing makes here, and far below what a wrong weight changes.
 */
function dotBounds(matrix: Matrix, x: ArrayLike<number>): number[] {
  const sum = Array.from(x, Math.abs).reduce((total, value) => total + value, 0);
  return Array.from({ length: matrix.rowCount }, (_, row) => {
    const largest = matrix.row(row).reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    return 2 ** -16 * (largest * sum + 1);
  });
}

function distinct<T extends readonly string[]>(lists: readonly T[]): T[] {
  return [...new Map(lists.map((list) => [list.join(), list])).values()];
}
