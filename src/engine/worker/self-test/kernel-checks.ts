// Every kernel that a model runs, on small seeded inputs. The kernels are the model's own, sizes and all, so that those that were
// compiled for it serve here too. Of a large matrix only the first rows are made, and only the workgroups run that read them.
import { halfToNumber } from '#base/float16.ts';
import { invariant } from '#base/invariant.ts';
import { packedRowBytes } from '#formats/packed/format.ts';
import type { PackedFormat } from '#formats/packed/format.ts';
import { embed } from '#model-library/kernels/embed.ts';
import { gateUp } from '#model-library/kernels/gate-up.ts';
import type { Kernel, KernelProfile } from '#model-library/kernels/kernel.ts';
import { lmHead } from '#model-library/kernels/lm-head.ts';
import { matvec } from '#model-library/kernels/matvec.ts';
import type { ProjectionMode } from '#model-library/kernels/projection/projection.ts';
import { qkv } from '#model-library/kernels/qkv.ts';
import { rmsNorm as rmsNormKernel } from '#model-library/kernels/rms-norm.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';
import { inverseFrequencies, rmsNorm, rope, ropeTable, siluMultiply } from '#model-library/reference/operations.ts';
import { attentionCheck, decodeAttentionChecks, type Heads } from '#engine/worker/self-test/attention-checks.ts';
import type { KernelCheck } from '#engine/worker/self-test/kernel-check.ts';
import { samplingChecks } from '#engine/worker/self-test/sampling-checks.ts';
import { Seeded } from '#engine/worker/self-test/seeded.ts';

/** Rows of a prefill: more than one tile of the kernels' smallest, and no multiple of it. */
const PREFILL_ROWS = 5;
const CAPACITY = 16;
const POSITION = 3;
/** Of one matrix that is made for a check. */
const MATRIX_BYTES = 2 << 20;

type Sizes = { readonly rows: number; readonly k: number; readonly eps: number };

/** Checks for each kernel of the described model's program; what every token needs first. */
export function kernelChecks(description: ModelDescription, profile: KernelProfile): KernelCheck[] {
  const { config, matrices } = description;
  const { headCount: heads, kvHeadCount: kvHeads, headDim, hiddenSize, ffnSize, vocabSize, rmsEpsilon: eps } = config;
  const formatOf = (name: string) => matrices.find((matrix) => matrix.name === name)?.format ?? 'f32';
  const layers = Array.from(
    { length: config.layerCount },
    (_, layer) => (role: string) => formatOf(`blk.${layer}.${role}.weight`),
  );
  const qkvFormats = distinct(layers.map((of) => [of('attn_q'), of('attn_k'), of('attn_v')] as const));
  const gateFormats = distinct(layers.map((of) => [of('ffn_gate'), of('ffn_up')] as const));
  const outputFormats = distinct(layers.map((of) => [of('attn_output')] as const));
  const downFormats = distinct(layers.map((of) => [of('ffn_down')] as const));
  const embedding = formatOf('token_embd.weight');
  const shape = { heads, kvHeads, headDim };
  const hidden = { rows: hiddenSize, eps };
  const isSquare = heads * headDim === ffnSize;
  const sums = distinct([
    ...outputFormats.map(([format]) => [format, 'output'] as const),
    ...downFormats.map(([format]) => [format, isSquare ? 'output' : 'down'] as const),
  ]);
  const projections = (mode: ProjectionMode) => [
    ...qkvFormats.map((formats) =>
      qkvCheck(formats, shape, config.rope.layout, { ...hidden, k: hiddenSize }, profile, mode),
    ),
    ...sums.map(([format, role]) =>
      matvecCheck(format, { ...hidden, k: role === 'down' ? ffnSize : heads * headDim }, profile, mode),
    ),
    ...gateFormats.map((formats) => gateUpCheck(formats, { rows: ffnSize, k: hiddenSize, eps }, profile, mode)),
  ];
  const output = config.tiedOutput ? embedding : formatOf('output.weight');
  return [
    ...projections('decode'),
    ...decodeAttentionChecks(shape, profile),
    lmHeadCheck(output, { rows: vocabSize, k: hiddenSize, eps }, profile),
    ...samplingChecks(vocabSize),
    rmsNormCheck({ ...hidden, k: hiddenSize }, profile),
    ...projections('prefill'),
    attentionCheck(shape, profile),
    embedCheck(embedding, { rows: vocabSize, k: hiddenSize, eps }),
  ];
}

const rowsOf = (mode: ProjectionMode) => (mode === 'decode' ? 1 : PREFILL_ROWS);
const floats = (bytes: ArrayBuffer) => new Float32Array(bytes);
const rowAt = (x: Float32Array, row: number, k: number) => x.subarray(row * k, (row + 1) * k);

/** What a projection multiplies: decode normalises its row itself, prefill is given normalised rows. */
function inputOf(mode: ProjectionMode, row: Float32Array, norm: Float32Array, eps: number): ArrayLike<number> {
  return mode === 'decode' ? rmsNorm(row, norm, eps) : row;
}

/** The kernel cut to the workgroups that make its first rows of `total`, and how many rows these are. */
function firstRows(kernel: Kernel, format: PackedFormat, { rows: total, k }: Sizes): [Kernel, rows: number] {
  const [{ of, mul: groups, div }, y] = kernel.grid;
  invariant(of === 'one' && div === 1, `${kernel.name} takes its rows along x`);
  const wanted = Math.min(total, Math.max(64, Math.floor(MATRIX_BYTES / packedRowBytes(format, k))));
  const some = Math.ceil((groups * wanted) / total);
  return [{ ...kernel, grid: [{ of, mul: some, div }, y] }, Math.floor((some * total) / groups)];
}

function rmsNormCheck({ k, eps }: Sizes, profile: KernelProfile): KernelCheck {
  const seeded = new Seeded(7);
  const [x, norm] = [seeded.floats(PREFILL_ROWS * k), seeded.floats(k)];
  const expected = Array.from({ length: PREFILL_ROWS }, (_, row) => [...rmsNorm(rowAt(x, row, k), norm, eps)]).flat();
  return {
    kernel: rmsNormKernel({ k, eps }, profile),
    inputs: { x, norm, out: new Float32Array(x.length) },
    variables: { rows: PREFILL_ROWS },
    output: 'out',
    read: floats,
    expected,
    tolerance: expected.map((value) => 2 ** -18 * (1 + Math.abs(value))),
  };
}

function embedCheck(format: PackedFormat, { rows: vocab, k }: Sizes): KernelCheck {
  const matrix = new Seeded(1).matrix(format, Math.min(vocab, 67), k);
  const ids = Int32Array.of(0, matrix.rowCount - 1, 5);
  const expected = [...ids].flatMap((id) => [...matrix.row(id)]);
  return {
    kernel: embed({ vocab, k, format }),
    inputs: { ids, weight: matrix.packed, out: new Float32Array(ids.length * k) },
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
  { k, eps }: Sizes,
  profile: KernelProfile,
  mode: ProjectionMode,
): KernelCheck {
  const rows = rowsOf(mode);
  const seeded = new Seeded(2);
  const keySize = heads.kvHeads * heads.headDim;
  const x = seeded.floats(rows * k);
  const norm = seeded.floats(k);
  const query = seeded.matrix(qFormat, heads.heads * heads.headDim, k);
  const key = seeded.matrix(kFormat, keySize, k);
  const value = seeded.matrix(vFormat, keySize, k);
  const table = ropeTable(inverseFrequencies(heads.headDim, 10_000), CAPACITY);
  // What is judged is the cache row of each position, [K | V]; q goes the way of K.
  const expected: number[] = [];
  const tolerance: number[] = [];
  for (let row = 0; row < rows; row++) {
    const h = inputOf(mode, rowAt(x, row, k), norm, eps);
    const keys = rope(key.times(h), heads.headDim, ropeLayout, table, POSITION + row);
    for (const [values, matrix] of [
      [keys, key],
      [value.times(h), value],
    ] as const) {
      // Rotation mixes two rows, so the row of the larger bound counts; f16 keeps 11 bits.
      const bound = 2 * Math.max(...matrix.bounds(h));
      expected.push(...values);
      tolerance.push(...Array.from(values, (number) => bound + 2 ** -10 * Math.abs(number)));
    }
  }
  return {
    kernel: qkv({ k, ...heads, ropeLayout, qFormat, kFormat, vFormat, eps }, profile, mode),
    inputs: {
      x,
      norm,
      wq: query.packed,
      wk: key.packed,
      wv: value.packed,
      rope: Float32Array.from(table),
      kv: new Uint32Array(CAPACITY * keySize),
      q: new Float32Array(rows * query.rowCount),
    },
    variables: { rows, position: POSITION, total: POSITION + rows, capacity: CAPACITY, window: 0, sink: 0 },
    output: 'kv',
    read: (bytes) =>
      Float64Array.from(new Uint16Array(bytes, POSITION * keySize * 4, rows * keySize * 2), halfToNumber),
    expected,
    tolerance,
  };
}

function matvecCheck(format: PackedFormat, sizes: Sizes, profile: KernelProfile, mode: ProjectionMode): KernelCheck {
  const { rows: n, k } = sizes;
  const rows = rowsOf(mode);
  const seeded = new Seeded(4);
  const [kernel, made] = firstRows(matvec({ n, k, format }, profile, mode), format, sizes);
  const matrix = seeded.matrix(format, made, k);
  const [x, y] = [seeded.floats(rows * k), seeded.floats(rows * n)];
  const inputs = Array.from({ length: rows }, (_, row) => rowAt(x, row, k));
  return {
    kernel,
    inputs: { x, w: matrix.packed, y },
    variables: { rows },
    output: 'y',
    read: firstOfEach(rows, n, made),
    expected: inputs.flatMap((input, row) => [...matrix.times(input)].map((sum, at) => sum + Number(y[row * n + at]))),
    tolerance: inputs.flatMap((input) => [...matrix.bounds(input)]),
  };
}

function gateUpCheck(
  [gateFormat, upFormat]: readonly [PackedFormat, PackedFormat],
  sizes: Sizes,
  profile: KernelProfile,
  mode: ProjectionMode,
): KernelCheck {
  const { rows: ffn, k, eps } = sizes;
  const rows = rowsOf(mode);
  const seeded = new Seeded(5);
  const whole = gateUp({ ffn, k, gateFormat, upFormat, eps }, profile, mode);
  const [kernel, made] = firstRows(whole, gateFormat, sizes);
  const gate = seeded.matrix(gateFormat, made, k);
  const up = seeded.matrix(upFormat, made, k);
  const [x, norm] = [seeded.floats(rows * k), seeded.floats(k)];
  const expected: number[] = [];
  const tolerance: number[] = [];
  for (let row = 0; row < rows; row++) {
    const h = inputOf(mode, rowAt(x, row, k), norm, eps);
    const [g, u] = [gate.times(h), up.times(h)];
    const [gBound, uBound] = [gate.bounds(h), up.bounds(h)];
    expected.push(...siluMultiply(g, u));
    // Each factor's error times the other factor; silu changes by at most 1.1 of what its argument does.
    g.forEach((_, at) => {
      const [gSize, uSize] = [1 + Math.abs(Number(g[at])), 1 + Math.abs(Number(u[at]))];
      tolerance.push(1.1 * uSize * Number(gBound[at]) + gSize * Number(uBound[at]));
    });
  }
  return {
    kernel,
    inputs: { x, norm, wg: gate.packed, wu: up.packed, out: new Float32Array(rows * ffn) },
    variables: { rows },
    output: 'out',
    read: firstOfEach(rows, ffn, made),
    expected,
    tolerance,
  };
}

function lmHeadCheck(format: PackedFormat, sizes: Sizes, profile: KernelProfile): KernelCheck {
  const { rows: vocab, k, eps } = sizes;
  const rows = 2;
  const seeded = new Seeded(6);
  const [kernel, made] = firstRows(lmHead({ vocab, k, format, eps }, profile), format, sizes);
  const matrix = seeded.matrix(format, made, k);
  const [x, norm] = [seeded.floats(rows * k), seeded.floats(k)];
  const h = rmsNorm(rowAt(x, rows - 1, k), norm, eps);
  return {
    kernel,
    inputs: { x, norm, w: matrix.packed, logits: new Float32Array(vocab) },
    variables: { rows },
    output: 'logits',
    read: floats,
    expected: matrix.times(h),
    tolerance: matrix.bounds(h),
  };
}

/** Reads the first numbers of each of some rows of `length`. */
function firstOfEach(rows: number, length: number, count: number): KernelCheck['read'] {
  return (bytes) => {
    const all = floats(bytes);
    return Array.from({ length: rows }, (_, row) => [...all.subarray(row * length, row * length + count)]).flat();
  };
}

function distinct<T extends readonly string[]>(lists: readonly T[]): T[] {
  return [...new Map(lists.map((list) => [list.join(), list])).values()];
}
