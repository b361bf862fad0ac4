// Seeded random llama models of SOLAR's shape, small enough to be made in a test. Logits spread over several units, so
// greedy answers wander through the vocabulary and depend on every part. Runs in Node and in the browser.
import { llamaTensors } from '#formats/gguf/llama-tensors.ts';
import { TENSOR_LAYOUTS, type TensorType } from '#formats/gguf/tensor-types.ts';
import { quantize } from '#tests/support/gguf/quantize.ts';
import { Random } from '#tests/support/gguf/random.ts';
import { tinyVocabulary, type TokenizerKind } from '#tests/support/gguf/tiny-vocabulary.ts';
import {
  f32,
  text,
  u32,
  writeGguf,
  writeSplitGguf,
  type WrittenFile,
  type WrittenTensor,
} from '#tests/support/gguf/writer.ts';

/** Matrices by role; layers share a type unless `types` is a function. */
export type TensorRole =
  'token_embd' | 'attn_q' | 'attn_k' | 'attn_v' | 'attn_output' | 'ffn_gate' | 'ffn_up' | 'ffn_down' | 'output';

export type TinyModelOptions = {
  readonly seed?: number;
  readonly layers?: number;
  readonly hidden?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly ffn?: number;
  readonly vocabSize?: number;
  /** One type for all matrices, one for each role (F32 where none is named), or a choice by role and layer (-1: no layer). */
  readonly types?:
    TensorType | Partial<Record<TensorRole, TensorType>> | ((role: TensorRole, layer: number) => TensorType);
  readonly tokenizer?: TokenizerKind;
  readonly tied?: boolean;
  readonly ropeBase?: number;
  readonly ropeScaling?: { type: 'linear'; factor: number } | { type: 'llama3'; factors: readonly number[] };
  readonly context?: number;
  /** Null leaves the template out. */
  readonly chatTemplate?: string | null;
  /** Number of files; 1 unless given. */
  readonly splits?: number;
  readonly version?: 2 | 3;
  /** Pairs to add, or to put in place of those with the same key; null takes one out. */
  readonly metadata?: Readonly<Record<string, WrittenFile['metadata'][number][1] | null>>;
};

/** SOLAR's own template, as its GGUF files carry it. */
export const SOLAR_TEMPLATE =
  "{% for message in messages %}{% if message['role'] == 'system' %}{% if message['content']%}{{'### System:\\n' + message['content']+'\\n\\n'}}{% endif %}{% elif message['role'] == 'user' %}{{'### User:\\n' + message['content']+'\\n\\n'}}{% elif message['role'] == 'assistant' %}{{'### Assistant:\\n'  + message['content']}}{% endif %}{% if loop.last and add_generation_prompt %}{{ '### Assistant:\\n' }}{% endif %}{% endfor %}";

/** The types that llama.cpp's Q4_K_M mix gives: Q6_K for values and down-projections in half of the layers, and the output. */
export function mixQ4KM(role: TensorRole, layer: number): TensorType {
  if (role === 'output') return 'Q6_K';
  return (role === 'attn_v' || role === 'ffn_down') && layer % 2 === 0 ? 'Q6_K' : 'Q4_K';
}

/** The files of a tiny model: one, or as many as `splits` says. */
export function tinyModel(options: TinyModelOptions = {}): Uint8Array<ArrayBuffer>[] {
  const file = describeTinyModel(options);
  const { splits = 1 } = options;
  return splits === 1 ? [writeGguf(file)] : writeSplitGguf(file, splits);
}

/** What `tinyModel` writes, for tests that change it first. */
export function describeTinyModel(options: TinyModelOptions = {}): WrittenFile {
  const { layers = 2, hidden = 256, heads = 8, kvHeads = 2, headDim = 32, ffn = 512 } = options;
  const { tokenizer = 'llama', tied = false, ropeBase = 10_000, context = 512, version = 3 } = options;
  const { vocabSize = 384, chatTemplate = SOLAR_TEMPLATE, ropeScaling } = options;
  const vocabulary = tinyVocabulary(tokenizer, vocabSize);
  const metadata: WrittenFile['metadata'][number][] = [
    ['general.architecture', text('llama')],
    ['general.name', text('Tiny')],
    ['llama.block_count', u32(layers)],
    ['llama.context_length', u32(context)],
    ['llama.embedding_length', u32(hidden)],
    ['llama.feed_forward_length', u32(ffn)],
    ['llama.attention.head_count', u32(heads)],
    ['llama.attention.head_count_kv', u32(kvHeads)],
    ['llama.attention.key_length', u32(headDim)],
    ['llama.attention.value_length', u32(headDim)],
    ['llama.attention.layer_norm_rms_epsilon', f32(1e-5)],
    ['llama.rope.dimension_count', u32(headDim)],
    ['llama.rope.freq_base', f32(ropeBase)],
    ['llama.vocab_size', u32(vocabSize)],
    ...vocabulary.metadata,
  ];
  if (ropeScaling?.type === 'linear') {
    metadata.push(['llama.rope.scaling.type', text('linear')]);
    metadata.push(['llama.rope.scaling.factor', f32(ropeScaling.factor)]);
  }
  if (chatTemplate !== null) metadata.push(['tokenizer.chat_template', text(chatTemplate)]);
  const changes = options.metadata ?? {};
  const kept = metadata.filter(([key]) => !Object.hasOwn(changes, key));
  for (const [key, value] of Object.entries(changes)) if (value) kept.push([key, value]);

  const random = new Random(options.seed ?? 1);
  const shape = {
    layerCount: layers,
    hiddenSize: hidden,
    headCount: heads,
    kvHeadCount: kvHeads,
    headDim,
    ffnSize: ffn,
    vocabSize,
    contextLength: context,
    rmsEpsilon: 1e-5,
    tiedOutput: tied,
  };
  const tensors = Array.from(llamaTensors(shape), ({ name, dimensions }) => {
    return randomTensor(random, name, dimensions, options.types ?? 'F32');
  });
  if (ropeScaling?.type === 'llama3') {
    const factors = Float32Array.from(ropeScaling.factors);
    tensors.push({
      name: 'rope_freqs.weight',
      type: 'F32',
      dimensions: [factors.length],
      data: quantize('F32', factors),
    });
  }
  return { version, metadata: kept, tensors };
}

function randomTensor(
  random: Random,
  name: string,
  dimensions: readonly number[],
  types: NonNullable<TinyModelOptions['types']>,
): WrittenTensor {
  const [k = 1, rows] = dimensions;
  if (rows === undefined) {
    return { name, type: 'F32', dimensions, data: quantize('F32', random.normals(k, 0.2, 1)) };
  }
  const match = /^(?:blk\.(\d+)\.)?(\w+)\.weight$/.exec(name)!;
  const role = match[2] as TensorRole;
  const layer = match[1] === undefined ? -1 : Number(match[1]);
  const type =
    typeof types === 'string' ? types : typeof types === 'function' ? types(role, layer) : (types[role] ?? 'F32');
  const weights = random.normals(k * rows, GAINS[role] / Math.sqrt(k));
  if (k % TENSOR_LAYOUTS[type].blockLength !== 0) throw new Error(`rows of ${name} do not fit ${type}`);
  return { name, type, dimensions, data: quantize(type, weights) };
}

/**
 * Deviation of a product with a normalised vector. Queries and keys make scores that prefer some positions; what layers
 * add outweighs the embedding, or a tied model would repeat its input.
 */
export const GAINS: Readonly<Record<TensorRole, number>> = {
  token_embd: 4,
  attn_q: 1.5,
  attn_k: 1.5,
  attn_v: 1,
  attn_output: 2,
  ffn_gate: 1.5,
  ffn_up: 1.5,
  ffn_down: 2,
  output: 4,
};
