import { describe, expect, test } from 'vitest';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { llamaTensors } from '#formats/gguf/llama-tensors.ts';
import { joinSplits } from '#formats/gguf/split.ts';
import { describeTinyModel, tinyModel, type TinyModelOptions } from '#tests/support/gguf/tiny-model.ts';
import {
  array,
  bool,
  f32,
  scalar,
  text,
  texts,
  u32,
  writeGguf,
  type WrittenFile,
  type WrittenTensor,
} from '#tests/support/gguf/writer.ts';
import type { ErrorCode } from '#base/errors.ts';
import { refusal } from './refusal.ts';

const SMALL: TinyModelOptions = { layers: 1, hidden: 64, heads: 4, kvHeads: 2, headDim: 32, ffn: 96, vocabSize: 344 };

const configOf = (file: Uint8Array) => readLlamaConfig(joinSplits([parseGgufHeader(file, file.length)!]));

type Pairs = NonNullable<TinyModelOptions['metadata']>;

function refused(metadata: Pairs, code: ErrorCode, mentions: string): void {
  const [file] = tinyModel({ ...SMALL, metadata });
  expect(refusal(() => configOf(file!), code).message).toContain(mentions);
}

function withTensors(
  change: (tensors: readonly WrittenTensor[]) => readonly WrittenTensor[],
  options = SMALL,
): Uint8Array {
  const file: WrittenFile = describeTinyModel(options);
  return writeGguf({ ...file, tensors: change(file.tensors) });
}

describe('a llama model', () => {
  test('says its whole shape', () => {
    expect(configOf(tinyModel(SMALL)[0]!)).toEqual({
      layerCount: 1,
      hiddenSize: 64,
      headCount: 4,
      kvHeadCount: 2,
      headDim: 32,
      ffnSize: 96,
      vocabSize: 344,
      contextLength: 512,
      rmsEpsilon: Math.fround(1e-5),
      tiedOutput: false,
      rope: { base: 10_000, layout: 'norm', scaling: { type: 'none' }, frequencyFactors: null },
    });
  });

  test('may tie its output, scale positions, and name factors of frequencies', () => {
    const factors = Array.from({ length: 16 }, (_, index) => 1 + index);
    const llama3 = configOf(tinyModel({ ...SMALL, tied: true, ropeScaling: { type: 'llama3', factors } })[0]!);
    expect(llama3.tiedOutput).toBe(true);
    expect(llama3.rope.frequencyFactors).toMatchObject({ name: 'rope_freqs.weight', type: 'F32', dimensions: [16] });
    const linear = configOf(tinyModel({ ...SMALL, ropeScaling: { type: 'linear', factor: 4 }, ropeBase: 5e5 })[0]!);
    expect(linear.rope).toMatchObject({ base: 5e5, scaling: { type: 'linear', factor: 4 } });
  });

  test('takes what it does not say from what it says', () => {
    const unsaid = [
      'attention.key_length',
      'attention.value_length',
      'rope.dimension_count',
      'rope.freq_base',
      'vocab_size',
    ];
    const metadata = Object.fromEntries(unsaid.map((key) => [`llama.${key}`, null]));
    const [file] = tinyModel({ ...SMALL, hidden: 128, metadata });
    expect(configOf(file!)).toMatchObject({ headDim: 32, vocabSize: 344, rope: { base: 10_000 } });
    const [multiHead] = tinyModel({ ...SMALL, kvHeads: 4, metadata: { 'llama.attention.head_count_kv': null } });
    expect(configOf(multiHead!).kvHeadCount).toBe(4);
  });

  test('may state its linear factor in the way of old files, or none at all', () => {
    const old = tinyModel({ ...SMALL, metadata: { 'llama.rope.scale_linear': f32(2) } });
    expect(configOf(old[0]!).rope.scaling).toEqual({ type: 'linear', factor: 2 });
    for (const factor of [0, 1]) {
      const plain = tinyModel({ ...SMALL, metadata: { 'llama.rope.scaling.factor': f32(factor) } });
      expect(configOf(plain[0]!).rope.scaling).toEqual({ type: 'none' });
    }
    const none = { 'llama.rope.scaling.type': text('none'), 'llama.rope.scaling.factor': f32(8) };
    expect(configOf(tinyModel({ ...SMALL, metadata: none })[0]!).rope.scaling).toEqual({ type: 'none' });
  });
});

describe('metadata', () => {
  test.each([
    'general.architecture',
    'llama.block_count',
    'llama.context_length',
    'llama.embedding_length',
    'llama.feed_forward_length',
    'llama.attention.head_count',
    'llama.attention.layer_norm_rms_epsilon',
    'tokenizer.ggml.model',
    'tokenizer.ggml.tokens',
  ])('%s must be there', (key) => refused({ [key]: null }, 'gguf-metadata', key));

  test.each(['mistral', 'qwen2', 'LLAMA', ''])('the architecture "%s" is refused', (name) => {
    refused({ 'general.architecture': text(name) }, 'gguf-unsupported', 'llama');
  });

  test.each<[string, Pairs[string], ErrorCode]>([
    ['general.architecture', u32(1), 'gguf-metadata'],
    ['llama.block_count', u32(0), 'gguf-metadata'],
    ['llama.block_count', u32(2 ** 32 - 1), 'gguf-metadata'],
    ['llama.block_count', scalar('INT32', -1), 'gguf-metadata'],
    ['llama.block_count', scalar('UINT64', 2n ** 60n), 'gguf-metadata'],
    ['llama.block_count', f32(1.5), 'gguf-metadata'],
    ['llama.block_count', text('1'), 'gguf-metadata'],
    ['llama.block_count', bool(true), 'gguf-metadata'],
    ['llama.block_count', array('UINT32', [1]), 'gguf-metadata'],
    ['llama.embedding_length', u32(0), 'gguf-metadata'],
    ['llama.embedding_length', u32(63), 'gguf-metadata'],
    ['llama.embedding_length', u32(2 ** 31), 'gguf-metadata'],
    ['llama.feed_forward_length', u32(48), 'gguf-metadata'],
    ['llama.feed_forward_length', array('UINT32', [96]), 'gguf-metadata'],
    ['llama.attention.head_count', u32(0), 'gguf-metadata'],
    ['llama.attention.head_count', u32(2 ** 31), 'gguf-metadata'],
    ['llama.attention.head_count', u32(5), 'gguf-metadata'],
    ['llama.attention.head_count_kv', u32(0), 'gguf-metadata'],
    ['llama.attention.head_count_kv', u32(3), 'gguf-metadata'],
    ['llama.attention.head_count_kv', u32(8), 'gguf-metadata'],
    ['llama.attention.key_length', u32(0), 'gguf-metadata'],
    ['llama.attention.key_length', u32(33), 'gguf-metadata'],
    ['llama.attention.value_length', u32(64), 'gguf-unsupported'],
    ['llama.attention.layer_norm_rms_epsilon', f32(NaN), 'gguf-metadata'],
    ['llama.attention.layer_norm_rms_epsilon', f32(Infinity), 'gguf-metadata'],
    ['llama.attention.layer_norm_rms_epsilon', f32(-1e-5), 'gguf-metadata'],
    ['llama.attention.layer_norm_rms_epsilon', text('1e-5'), 'gguf-metadata'],
    ['llama.context_length', u32(0), 'gguf-metadata'],
    ['llama.context_length', u32(2 ** 31), 'gguf-metadata'],
    ['llama.vocab_size', u32(343), 'gguf-metadata'],
    ['llama.vocab_size', u32(32_000), 'gguf-metadata'],
    ['llama.rope.dimension_count', u32(16), 'gguf-unsupported'],
    ['llama.rope.dimension_count', u32(31), 'gguf-unsupported'],
    ['llama.rope.freq_base', f32(0), 'gguf-metadata'],
    ['llama.rope.freq_base', f32(NaN), 'gguf-metadata'],
    ['llama.rope.scaling.type', text('yarn'), 'gguf-unsupported'],
    ['llama.rope.scaling.type', text('longrope'), 'gguf-unsupported'],
    ['llama.rope.scaling.type', u32(1), 'gguf-metadata'],
    ['llama.rope.scaling.factor', f32(NaN), 'gguf-metadata'],
    ['llama.rope.scaling.factor', f32(-2), 'gguf-metadata'],
    ['llama.expert_count', u32(8), 'gguf-unsupported'],
    ['llama.attention.causal', bool(false), 'gguf-unsupported'],
    ['llama.attention.scale', f32(0.1), 'gguf-unsupported'],
    ['llama.logit_scale', f32(0.1), 'gguf-unsupported'],
  ])('%s is refused: case %#', (key, value, code) => {
    const [file] = tinyModel({ ...SMALL, metadata: { [key]: value } });
    refusal(() => configOf(file!), code);
  });
});

describe('tensors', () => {
  const names = describeTinyModel(SMALL).tensors.map(({ name }) => name);

  test.each(names.filter((name) => name !== 'output.weight'))('%s must be there', (missing) => {
    const file = withTensors((tensors) => tensors.filter(({ name }) => name !== missing));
    expect(refusal(() => configOf(file), 'gguf-tensor-missing').details).toEqual({ name: missing });
  });

  test.each(names)('%s must have the shape that the metadata says', (name) => {
    const { dimensions } = describeTinyModel(SMALL).tensors.find((tensor) => tensor.name === name)!;
    const [k, rows] = dimensions.map(Number) as [number, number?];
    const wrongShapes =
      rows === undefined
        ? [[k + 1], [k, 2], [1, k]]
        : [[k + 32, rows], [k, rows + 1], [k * rows], [k, rows, 2], [1, k, rows]];
    for (const wrong of wrongShapes) {
      const data = new Uint8Array(4 * wrong.reduce((a, b) => a * b));
      const file = withTensors((tensors) =>
        tensors.map((tensor) => (tensor.name === name ? { ...tensor, dimensions: wrong, data } : tensor)),
      );
      expect(refusal(() => configOf(file), 'gguf-tensor-shape').details).toMatchObject({
        name,
        shape: wrong.join(' x '),
      });
    }
  });

  test('dimensions of 1 at the end change nothing', () => {
    const file = withTensors((tensors) =>
      tensors.map((tensor) => ({ ...tensor, dimensions: [...tensor.dimensions, 1, 1].slice(0, 4) })),
    );
    expect(configOf(file).layerCount).toBe(1);
  });

  test.each([
    'blk.0.attn_q.bias',
    'blk.1.attn_q.weight',
    'blk.0.ffn_gate_exps.weight',
    'blk.00.attn_q.weight',
    '__proto__',
  ])('%s is unknown and refused', (name) => {
    const extra = { name, type: 'F32', dimensions: [64], data: new Uint8Array(256) } as const;
    const file = withTensors((tensors) => [...tensors, extra]);
    expect(refusal(() => configOf(file), 'gguf-tensor-unknown').details).toEqual({ name });
  });

  test('vectors are plain floats', () => {
    const file = withTensors((tensors) =>
      tensors.map((tensor) =>
        tensor.name === 'output_norm.weight' ? { ...tensor, type: 'Q8_0', data: new Uint8Array(68) } : tensor,
      ),
    );
    refusal(() => configOf(file), 'gguf-tensor-shape');
  });

  test('frequency factors are as many as half a head', () => {
    const [file] = tinyModel({ ...SMALL, ropeScaling: { type: 'llama3', factors: [1, 2, 3] } });
    expect(refusal(() => configOf(file!), 'gguf-tensor-shape').details.name).toBe('rope_freqs.weight');
  });

  test('are 9 a layer and 3 besides', () => {
    const solar = {
      layerCount: 48,
      hiddenSize: 4096,
      headCount: 32,
      kvHeadCount: 8,
      headDim: 128,
      ffnSize: 14_336,
      vocabSize: 32_000,
      contextLength: 4096,
      rmsEpsilon: 1e-5,
      tiedOutput: false,
    };
    const tensors = [...llamaTensors(solar)];
    expect(tensors.length).toBe(435);
    const weights = tensors.map(({ dimensions }) => dimensions.reduce((a, b) => a * b));
    expect(weights.reduce((a, b) => a + b)).toBe(10_731_524_096);
  });
});

describe('the vocabulary', () => {
  const tokens = Array.from({ length: 344 }, (_, id) => `t${id}`);
  const key = (name: string) => `tokenizer.ggml.${name}`;

  test.each<[string, Pairs]>([
    ['tokens that are numbers', { [key('tokens')]: array('INT32', [1, 2, 3]) }],
    ['no tokens', { [key('tokens')]: texts([]) }],
    ['a token twice', { [key('tokens')]: texts([...tokens.slice(1), 't9']) }],
    ['a token of a megabyte', { [key('tokens')]: texts([...tokens.slice(1), 'x'.repeat(1_000_000)]) }],
    ['scores as doubles', { [key('scores')]: array('FLOAT64', Array<number>(344).fill(0)) }],
    ['scores as integers', { [key('scores')]: array('INT32', Array<number>(344).fill(0)) }],
    ['a score too few', { [key('scores')]: array('FLOAT32', Array<number>(343).fill(0)) }],
    ['a score that is no number', { [key('scores')]: array('FLOAT32', [...Array<number>(343).fill(0), NaN]) }],
    ['a single score', { [key('scores')]: f32(0) }],
    ['types as bytes', { [key('token_type')]: array('UINT8', Array<number>(344).fill(1)) }],
    ['a type too many', { [key('token_type')]: array('INT32', Array<number>(345).fill(1)) }],
    ['merges that are numbers', { [key('merges')]: array('INT32', [1]) }],
    ['a first token beyond the last', { [key('bos_token_id')]: u32(344) }],
    ['an end token beyond the last', { [key('eos_token_id')]: u32(2 ** 32 - 1) }],
    ['a negative end token', { [key('eos_token_id')]: scalar('INT32', -1) }],
    ['a model name that is a number', { [key('model')]: u32(1) }],
    ['a flag that is a number', { [key('add_bos_token')]: u32(1) }],
  ])('is refused: %s', (_name, metadata) => refused(metadata, 'gguf-metadata', 'tokenizer.ggml.'));
});
