// The models whose programs are timed: the embedded one whole, and one layer of SOLAR, whose 48 are alike. Shapes are the
// real ones; the weights are random.
import type { PackedFormat } from '#formats/packed/format.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';

export type TimedModel = {
  readonly name: string;
  readonly description: ModelDescription;
  /** Layers of the real model. */
  readonly layerCount: number;
  /** Positions of a timed prefill. */
  readonly prefillRows: number;
};

type Shape = {
  readonly layers: number;
  readonly hidden: number;
  readonly ffn: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocab: number;
  readonly context: number;
  readonly ropeBase: number;
  readonly tied: boolean;
  readonly layerFormat: PackedFormat;
  readonly embeddingFormat: PackedFormat;
  readonly outputFormat: PackedFormat;
};

function describe(shape: Shape): ModelDescription {
  const { hidden, ffn, layerFormat, vocab } = shape;
  const querySize = shape.heads * shape.headDim;
  const keySize = shape.kvHeads * shape.headDim;
  const layer = (index: number) =>
    (
      [
        ['attn_q', querySize, hidden],
        ['attn_k', keySize, hidden],
        ['attn_v', keySize, hidden],
        ['attn_output', hidden, querySize],
        ['ffn_gate', ffn, hidden],
        ['ffn_up', ffn, hidden],
        ['ffn_down', hidden, ffn],
      ] as const
    ).map(([role, rows, k]) => ({ name: `blk.${index}.${role}.weight`, format: layerFormat, rows, k }));
  return {
    config: {
      layerCount: shape.layers,
      hiddenSize: hidden,
      headCount: shape.heads,
      kvHeadCount: shape.kvHeads,
      headDim: shape.headDim,
      ffnSize: ffn,
      vocabSize: vocab,
      contextLength: shape.context,
      rmsEpsilon: 1e-5,
      tiedOutput: shape.tied,
      rope: { base: shape.ropeBase, layout: 'norm', scaling: { type: 'none' } },
    },
    matrices: [
      { name: 'token_embd.weight', format: shape.embeddingFormat, rows: vocab, k: hidden },
      ...(shape.tied ? [] : [{ name: 'output.weight', format: shape.outputFormat, rows: vocab, k: hidden }]),
      ...Array.from({ length: shape.layers }, (_, index) => layer(index)).flat(),
    ],
    frequencyFactors: null,
  };
}

export const TIMED_MODELS: readonly TimedModel[] = [
  {
    name: 'smollm2',
    layerCount: 30,
    prefillRows: 64,
    description: describe({
      layers: 30,
      hidden: 576,
      ffn: 1536,
      heads: 9,
      kvHeads: 3,
      headDim: 64,
      vocab: 49152,
      context: 2048,
      ropeBase: 1e5,
      tied: true,
      layerFormat: 'q4_1',
      embeddingFormat: 'q8_0',
      outputFormat: 'q8_0',
    }),
  },
  {
    name: 'solar, one layer of 48',
    layerCount: 48,
    prefillRows: 16, // in software 128 would take minutes
    description: describe({
      layers: 1,
      hidden: 4096,
      ffn: 14336,
      heads: 32,
      kvHeads: 8,
      headDim: 128,
      vocab: 32000,
      context: 2048,
      ropeBase: 1e4,
      tied: false,
      layerFormat: 'q4_0',
      embeddingFormat: 'q4_0',
      outputFormat: 'q6_k',
    }),
  },
];
