// The shapes that kernels are timed on: the embedded model's, and SOLAR's.
import { numberToHalf } from '#base/float16.ts';
import { packedRowBytes, type PackedFormat } from '#formats/packed/format.ts';
import type { attention } from '#model-library/kernels/attention/attention.ts';
import type { gateUp } from '#model-library/kernels/gate-up.ts';
import type { Kernel, KernelProfile } from '#model-library/kernels/kernel.ts';
import type { lmHead } from '#model-library/kernels/lm-head.ts';
import type { matvec } from '#model-library/kernels/matvec.ts';
import type { qkv } from '#model-library/kernels/qkv.ts';
import type { Variables } from '#model-library/kernels/run-kernel.ts';
import { createRandom, randomSource } from '#tests/support/gpu/random.ts';
import { packRows } from '#formats/packed/pack.ts';

/** The factories of one revision. */
export type KernelSet = {
  readonly matvec: typeof matvec;
  readonly gateUp: typeof gateUp;
  readonly qkv: typeof qkv;
  readonly lmHead: typeof lmHead;
  readonly attention: typeof attention;
};

export type KernelCase = {
  readonly name: string;
  kernel(kernels: KernelSet): Kernel;
  /** A binding's contents by name: its size in bytes, and what it is filled with. */
  readonly buffers: Readonly<Record<string, BufferContents>>;
  readonly variables: Variables;
  /** Weight bytes read, were each read once. */
  readonly weightBytes: number;
  /** Multiplications and additions. */
  readonly operations: number;
};

export type BufferContents =
  | { readonly kind: 'zeros'; readonly bytes: number }
  | { readonly kind: 'values'; readonly count: number }
  | { readonly kind: 'halves'; readonly count: number }
  | { readonly kind: 'weights'; readonly format: PackedFormat; readonly rows: number; readonly k: number };

const EPS = 1e-5;
/** Rows of distinct random weights; a larger matrix repeats them. */
const DISTINCT_ROWS = 64;

const zeros = (count: number): BufferContents => ({ kind: 'zeros', bytes: count * 4 });
const values = (count: number): BufferContents => ({ kind: 'values', count });
const weights = (format: PackedFormat, rows: number, k: number): BufferContents => ({
  kind: 'weights',
  format,
  rows,
  k,
});

export function sizeOf(contents: BufferContents): number {
  switch (contents.kind) {
    case 'zeros':
      return contents.bytes;
    case 'values':
      return contents.count * 4;
    case 'halves':
      return contents.count * 2;
    case 'weights':
      return contents.rows * packedRowBytes(contents.format, contents.k);
  }
}

/** The contents as bytes, the same at every call. */
export function bytesOf(contents: BufferContents): Uint8Array<ArrayBuffer> {
  const random = createRandom(1);
  switch (contents.kind) {
    case 'zeros':
      return new Uint8Array(contents.bytes);
    case 'values':
      return new Uint8Array(random.normal(contents.count).buffer);
    case 'halves':
      return new Uint8Array(Uint16Array.from(random.normal(contents.count), numberToHalf).buffer);
    case 'weights': {
      const { format, rows, k } = contents;
      const rowBytes = packedRowBytes(format, k);
      const distinct = Math.min(rows, DISTINCT_ROWS);
      const bytes = new Uint8Array(rows * rowBytes);
      const sample = bytes.subarray(0, distinct * rowBytes);
      packRows(format, randomSource(random, format, distinct, k), distinct, k, sample);
      for (let row = distinct; row < rows; row += distinct) {
        bytes.set(sample.subarray(0, Math.min(distinct, rows - row) * rowBytes), row * rowBytes);
      }
      return bytes;
    }
  }
}

type Model = {
  readonly name: string;
  readonly hidden: number;
  readonly ffn: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocab: number;
  readonly format: PackedFormat;
  readonly headFormat: PackedFormat;
  /** Fewer for the large model: in software its prefill takes a minute otherwise. */
  readonly prefillRows: number;
};

const MODELS: readonly Model[] = [
  {
    name: 'smollm2',
    hidden: 576,
    ffn: 1536,
    heads: 9,
    kvHeads: 3,
    headDim: 64,
    vocab: 49152,
    format: 'q4_1',
    headFormat: 'q8_0',
    prefillRows: 128,
  },
  {
    name: 'solar',
    hidden: 4096,
    ffn: 14336,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    vocab: 32000,
    format: 'q4_0',
    headFormat: 'q6_k',
    prefillRows: 16,
  },
];

function modelCases(model: Model, profile: KernelProfile): KernelCase[] {
  const { name, hidden, ffn, heads, kvHeads, headDim, vocab, format, headFormat, prefillRows } = model;
  const querySize = heads * headDim;
  const keySize = kvHeads * headDim;
  const bytes = (rows: number, k: number, of: PackedFormat = format) => rows * packedRowBytes(of, k);

  const projections = (rows: number): KernelCase[] => {
    const mode = rows === 1 ? 'decode' : 'prefill';
    const label = (what: string) => `${name} ${what}, ${rows === 1 ? 'decode' : `prefill of ${rows}`}`;
    const one = (n: number, k: number, what: string): KernelCase => ({
      name: label(`${what} ${n}x${k} ${format}`),
      kernel: (kernels) => kernels.matvec({ n, k, format }, profile, mode),
      buffers: { x: values(rows * k), w: weights(format, n, k), y: zeros(rows * n) },
      variables: { rows },
      weightBytes: bytes(n, k),
      operations: 2 * rows * n * k,
    });
    return [
      {
        name: label(`qkv ${querySize}+2*${keySize}x${hidden} ${format}`),
        kernel: (kernels) =>
          kernels.qkv(
            {
              k: hidden,
              heads,
              kvHeads,
              headDim,
              ropeLayout: 'norm',
              qFormat: format,
              kFormat: format,
              vFormat: format,
              eps: EPS,
            },
            profile,
            mode,
          ),
        buffers: {
          x: values(rows * hidden),
          norm: values(hidden),
          wq: weights(format, querySize, hidden),
          wk: weights(format, keySize, hidden),
          wv: weights(format, keySize, hidden),
          rope: values(prefillRows * headDim),
          kv: zeros(prefillRows * keySize),
          q: zeros(rows * querySize),
        },
        variables: { rows, position: 0, total: rows, capacity: prefillRows, window: 0, sink: 0 },
        weightBytes: bytes(querySize + 2 * keySize, hidden),
        operations: 2 * rows * (querySize + 2 * keySize) * hidden,
      },
      one(hidden, querySize, 'attn_output'),
      {
        name: label(`gate_up 2*${ffn}x${hidden} ${format}`),
        kernel: (kernels) =>
          kernels.gateUp({ ffn, k: hidden, gateFormat: format, upFormat: format, eps: EPS }, profile, mode),
        buffers: {
          x: values(rows * hidden),
          norm: values(hidden),
          wg: weights(format, ffn, hidden),
          wu: weights(format, ffn, hidden),
          out: zeros(rows * ffn),
        },
        variables: { rows },
        weightBytes: bytes(2 * ffn, hidden),
        operations: 4 * rows * ffn * hidden,
      },
      one(hidden, ffn, 'ffn_down'),
    ];
  };

  const attentionAt = (rows: number, total: number): KernelCase => ({
    name: `${name} attention ${heads}/${kvHeads}x${headDim}, ${rows} row(s) at ${total} positions`,
    kernel: (kernels) => kernels.attention({ heads, kvHeads, headDim }, profile),
    buffers: {
      q: values(rows * querySize),
      kv: { kind: 'halves', count: total * 2 * keySize },
      out: zeros(rows * querySize),
    },
    variables: { rows, position: total - rows, total, capacity: total, window: 0, sink: 0 },
    weightBytes: total * 2 * keySize * 2,
    operations: 4 * rows * (total - (rows - 1) / 2) * querySize,
  });

  return [
    ...projections(1),
    attentionAt(1, 128),
    attentionAt(1, 1024),
    {
      name: `${name} lm_head ${vocab}x${hidden} ${headFormat}, decode`,
      kernel: (kernels) => kernels.lmHead({ vocab, k: hidden, format: headFormat, eps: EPS }, profile),
      buffers: { x: values(hidden), norm: values(hidden), w: weights(headFormat, vocab, hidden), logits: zeros(vocab) },
      variables: { rows: 1 },
      weightBytes: bytes(vocab, hidden, headFormat),
      operations: 2 * vocab * hidden,
    },
    ...projections(prefillRows),
    attentionAt(prefillRows, 128),
  ];
}

/** Every case of both models. */
export function kernelCases(profile: KernelProfile): KernelCase[] {
  return MODELS.flatMap((model) => modelCases(model, profile));
}
