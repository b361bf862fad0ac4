// The tensors of a llama model: which there must be, of which shape. Names are GGUF's.
import { AppError } from '#base/errors.ts';
import type { LlamaConfig } from '#formats/gguf/llama-config.ts';
import type { GgufTensor } from '#formats/gguf/tensor-table.ts';

/** Dimensions in GGML's order: a matrix [rows, k] is [k, rows]. */
type ExpectedTensor = { readonly name: string; readonly dimensions: readonly number[] };

type Shape = Omit<LlamaConfig, 'rope'>;

/** Every tensor that a model of this shape has, in the order in which llama.cpp writes them; `rope_freqs.weight` is extra. */
export function* llamaTensors(shape: Shape): Generator<ExpectedTensor> {
  const { hiddenSize, ffnSize, vocabSize } = shape;
  const querySize = shape.headCount * shape.headDim;
  const keySize = shape.kvHeadCount * shape.headDim;
  yield { name: 'token_embd.weight', dimensions: [hiddenSize, vocabSize] };
  for (let layer = 0; layer < shape.layerCount; layer++) {
    const name = (role: string) => `blk.${layer}.${role}.weight`;
    yield { name: name('attn_norm'), dimensions: [hiddenSize] };
    yield { name: name('attn_q'), dimensions: [hiddenSize, querySize] };
    yield { name: name('attn_k'), dimensions: [hiddenSize, keySize] };
    yield { name: name('attn_v'), dimensions: [hiddenSize, keySize] };
    yield { name: name('attn_output'), dimensions: [querySize, hiddenSize] };
    yield { name: name('ffn_norm'), dimensions: [hiddenSize] };
    yield { name: name('ffn_gate'), dimensions: [hiddenSize, ffnSize] };
    yield { name: name('ffn_up'), dimensions: [hiddenSize, ffnSize] };
    yield { name: name('ffn_down'), dimensions: [ffnSize, hiddenSize] };
  }
  yield { name: 'output_norm.weight', dimensions: [hiddenSize] };
  if (!shape.tiedOutput) yield { name: 'output.weight', dimensions: [hiddenSize, vocabSize] };
}

/** Throws where a tensor is missing, misshapen or unknown. Vectors are F32, F16 or BF16, matrices of any type. */
export function checkTensors(config: LlamaConfig, tensors: ReadonlyMap<string, GgufTensor>): void {
  const known = new Set<string>();
  for (const expected of llamaTensors(config)) {
    checkTensor(tensors.get(expected.name), expected);
    known.add(expected.name);
  }
  const { frequencyFactors } = config.rope;
  if (frequencyFactors) {
    const expected = { name: frequencyFactors.name, dimensions: [config.headDim / 2] };
    checkTensor(frequencyFactors, expected);
    known.add(expected.name);
  }
  for (const name of tensors.keys()) {
    if (!known.has(name)) throw new AppError('gguf-tensor-unknown', { name });
  }
}

function checkTensor(tensor: GgufTensor | undefined, { name, dimensions }: ExpectedTensor): void {
  if (!tensor) throw new AppError('gguf-tensor-missing', { name });
  const found = tensor.dimensions.join(' x ');
  // Dimensions of 1 after those that count say nothing.
  const isSame = tensor.dimensions.every((side, axis) => side === (dimensions[axis] ?? 1));
  if (!isSame || tensor.dimensions.length < dimensions.length) {
    throw new AppError('gguf-tensor-shape', { name, shape: found, reason: `expected ${dimensions.join(' x ')}` });
  }
  if (dimensions.length === 1 && !['F32', 'F16', 'BF16'].includes(tensor.type)) {
    throw new AppError('gguf-tensor-shape', {
      name,
      shape: found,
      reason: `a vector of type ${tensor.type} is not supported`,
    });
  }
}
