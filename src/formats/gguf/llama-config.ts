// What a llama model's GGUF says of its shape, checked: numbers against sane limits, tensors against the numbers.
// Nothing is taken from a tensor's shape that the metadata should have said, so a file that contradicts itself is refused.
import { AppError } from '#base/errors.ts';
import { checkTensors } from '#formats/gguf/llama-tensors.ts';
import { booleanAt, integerAt, numberAt, required, textAt } from '#formats/gguf/metadata-access.ts';
import type { Metadata } from '#formats/gguf/metadata.ts';
import type { Gguf } from '#formats/gguf/split.ts';
import type { GgufTensor } from '#formats/gguf/tensor-table.ts';
import { readVocabulary } from '#formats/gguf/vocabulary.ts';

export type Rope = {
  readonly base: number;
  /** `norm` turns the pairs (2i, 2i + 1), `neox` the pairs (i, i + headDim / 2). GGUF's llama is always `norm`. */
  readonly layout: 'norm' | 'neox';
  /** `linear` divides positions by the factor. */
  readonly scaling: { readonly type: 'none' } | { readonly type: 'linear'; readonly factor: number };
  /** `rope_freqs.weight`, float32 [headDim / 2], each dividing one frequency ("llama3" scaling); null for most models. */
  readonly frequencyFactors: GgufTensor | null;
};

export type LlamaConfig = {
  readonly layerCount: number;
  readonly hiddenSize: number;
  readonly headCount: number;
  /** Divides `headCount`. */
  readonly kvHeadCount: number;
  /** Even. */
  readonly headDim: number;
  readonly ffnSize: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly rmsEpsilon: number;
  /** The output matrix is the embedding. */
  readonly tiedOutput: boolean;
  readonly rope: Rope;
};

/** Every matrix row is a multiple of this many weights: the block of most types and the kernels' step. */
const ROW_MULTIPLE = 32;

/** Reads and checks the configuration; throws an AppError that names what is missing, contradictory or not supported. */
export function readLlamaConfig(gguf: Gguf): LlamaConfig {
  const { metadata, tensors } = gguf;
  const architecture = required(textAt(metadata, 'general.architecture'), 'general.architecture');
  if (architecture !== 'llama') throw unsupported('the architecture', architecture, 'llama');
  refuseVariants(metadata);

  const integer = (key: string, most: number) => integerAt(metadata, `llama.${key}`, { least: 1, most });
  const needed = (key: string, most: number) => required(integer(key, most), `llama.${key}`);
  const hiddenSize = multiple('embedding_length', needed('embedding_length', 65_536), ROW_MULTIPLE);
  const headCount = needed('attention.head_count', 1024);
  const kvHeadCount = integer('attention.head_count_kv', headCount) ?? headCount;
  multiple('attention.head_count', headCount, kvHeadCount);
  const headDim =
    integer('attention.key_length', 1024) ?? multiple('embedding_length', hiddenSize, headCount) / headCount;
  multiple('attention.key_length', headDim, 2);
  multiple('attention.key_length * attention.head_count', headDim * headCount, ROW_MULTIPLE);
  const valueDim = integer('attention.value_length', 1024) ?? headDim;
  if (valueDim !== headDim) throw unsupported('values of another length than keys', valueDim, String(headDim));

  const vocabSize = readVocabulary(metadata).tokens.length;
  const statedVocabSize = integer('vocab_size', 2 ** 31) ?? vocabSize;
  if (statedVocabSize !== vocabSize) {
    throw contradiction('vocab_size', statedVocabSize, `${vocabSize}, the number of tokens`);
  }
  const config: LlamaConfig = {
    layerCount: needed('block_count', 1024),
    hiddenSize,
    headCount,
    kvHeadCount,
    headDim,
    ffnSize: multiple('feed_forward_length', needed('feed_forward_length', 1_048_576), ROW_MULTIPLE),
    vocabSize,
    contextLength: needed('context_length', 16_777_216),
    rmsEpsilon: required(
      numberAt(metadata, 'llama.attention.layer_norm_rms_epsilon', { least: 0, most: 0.1 }),
      'llama.attention.layer_norm_rms_epsilon',
    ),
    tiedOutput: !tensors.has('output.weight'),
    rope: readRope(metadata, headDim, tensors.get('rope_freqs.weight') ?? null),
  };
  checkTensors(config, tensors);
  return config;
}

/** Things that some files of the llama architecture ask for and that change the result. */
function refuseVariants(metadata: Metadata): void {
  const expertCount = integerAt(metadata, 'llama.expert_count', { least: 0, most: 65_535 }) ?? 0;
  if (expertCount > 0) throw unsupported('a mixture of experts', expertCount, 'dense models');
  if (booleanAt(metadata, 'llama.attention.causal') === false) {
    throw unsupported('attention without a causal mask', 'false', 'causal attention');
  }
  for (const key of ['llama.attention.scale', 'llama.attention.clamp_kqv', 'llama.logit_scale']) {
    const value = metadata.get(key);
    if (value !== undefined && value !== 0) throw unsupported(key, String(value), 'files without it');
  }
}

function readRope(metadata: Metadata, headDim: number, frequencyFactors: GgufTensor | null): Rope {
  const turned = integerAt(metadata, 'llama.rope.dimension_count', { least: 0, most: 65_536 }) ?? headDim;
  if (turned !== headDim)
    throw unsupported('rotary embedding of a part of each head', turned, `all ${headDim} dimensions`);
  const positive = { least: 1e-6, most: 1e12 };
  const base = numberAt(metadata, 'llama.rope.freq_base', positive) ?? 10_000;
  // `scale_linear` is how files from before rope.scaling.* said it.
  const factor =
    numberAt(metadata, 'llama.rope.scaling.factor', { least: 0, most: 1e6 }) ??
    numberAt(metadata, 'llama.rope.scale_linear', { least: 0, most: 1e6 }) ??
    0;
  // llama.cpp takes a file that states a factor and no type as linear, and a factor of 0 as none.
  const type = textAt(metadata, 'llama.rope.scaling.type') ?? 'linear';
  if (type !== 'none' && type !== 'linear')
    throw unsupported('the rope scaling', type, 'none, linear and rope_freqs.weight');
  const isScaled = type === 'linear' && factor !== 0 && factor !== 1;
  const scaling = isScaled ? ({ type: 'linear', factor } as const) : ({ type: 'none' } as const);
  return { base, layout: 'norm', scaling, frequencyFactors };
}

function multiple(key: string, value: number, of: number): number {
  if (value % of !== 0) throw contradiction(key, value, `a multiple of ${of}`);
  return value;
}

function contradiction(key: string, found: number, expected: string): AppError {
  return new AppError('gguf-metadata', { key: `llama.${key}`, found, expected });
}

function unsupported(what: string, found: string | number, supported: string): AppError {
  return new AppError('gguf-unsupported', { what, found, supported });
}
