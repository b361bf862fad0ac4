// A tiny model made whole in the page: GGUF -> packed weights -> the files WebLLM asks for, and the same model as the
// plain TypeScript reference.
import { createChatConfig } from '#formats/chat-template/chat-config.ts';
import { createChatFormat, createConversationTemplate } from '#formats/chat-template/conversation.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { dequantize } from '#formats/gguf/dequantize.ts';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { textAt } from '#formats/gguf/metadata-access.ts';
import { joinSplits } from '#formats/gguf/split.ts';
import { packedFormatOf, packedRowBytes } from '#formats/packed/format.ts';
import { packRows } from '#formats/packed/pack.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import type { KernelProfile } from '#model-library/kernels/kernel.ts';
import { packageModelLibrary } from '#model-library/package/package-library.ts';
import { createLlamaProgram, type ProgramOptions } from '#model-library/program/llama-program.ts';
import { describeModel } from '#model-library/program/model-description.ts';
import type { Program } from '#model-library/program/program.ts';
import { denseMatrix, type Matrix } from '#model-library/reference/matrix.ts';
import type { ReferenceModel } from '#model-library/reference/model.ts';
import { inverseFrequencies, ropeTable } from '#model-library/reference/operations.ts';
import { tinyModel, type TinyModelOptions } from '#tests/support/gguf/tiny-model.ts';
import runtimeUrl from '../../../../src/model-library/runtime/build/runtime.wasm?url';

export type TinyLibraryOptions = {
  readonly model?: TinyModelOptions;
  readonly profile?: KernelProfile;
  readonly program?: ProgramOptions;
  readonly contextWindowSize?: number;
  readonly slidingWindow?: { readonly size: number; readonly sinkSize: number };
};

export type TinyLibrary = {
  /** By file name, as WebLLM asks for them under the model's URL. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly library: Uint8Array<ArrayBuffer>;
  /** The library before its program was put in. */
  readonly runtime: Uint8Array<ArrayBuffer>;
  readonly program: Program;
  readonly reference: ReferenceModel;
};

export async function createTinyLibrary(options: TinyLibraryOptions = {}): Promise<TinyLibrary> {
  const { model, profile = 'serial', program: programOptions, contextWindowSize = 256, slidingWindow } = options;
  const [bytes] = tinyModel(model);
  const header = parseGgufHeader(bytes!, bytes!.length)!;
  const gguf = joinSplits([header]);
  const config = readLlamaConfig(gguf);
  const bytesOf = (name: string) => {
    const { offset, sizeBytes } = gguf.tensors.get(name)!;
    return bytes!.slice(offset, offset + sizeBytes);
  };
  const floatsOf = (name: string) => {
    const tensor = gguf.tensors.get(name)!;
    return dequantize(
      tensor.type,
      bytesOf(name),
      tensor.dimensions.reduce((a, b) => a * b, 1),
    );
  };
  const factors = config.rope.frequencyFactors ? [...floatsOf(config.rope.frequencyFactors.name)] : null;
  const description = describeModel(gguf, config, factors);
  const program = createLlamaProgram(description, profile, programOptions);
  const runtime = new Uint8Array(await (await fetch(runtimeUrl)).arrayBuffer());

  const weights = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { name } of program.parameters) {
    const { type, dimensions } = gguf.tensors.get(name)!;
    const [k, rows] = dimensions;
    if (rows === undefined) {
      weights.set(name, new Uint8Array(floatsOf(name).slice().buffer));
      continue;
    }
    const format = packedFormatOf(type);
    const packed = new Uint8Array(packedRowBytes(format, k!) * rows);
    packRows(format, bytesOf(name), rows, k!, packed);
    weights.set(name, packed);
  }

  const tokenizer = createTokenizerJson(gguf.metadata);
  const family = matchChatTemplate(textAt(gguf.metadata, 'tokenizer.chat_template'));
  const chatConfig = createChatConfig({
    config,
    tokenizer,
    conversationTemplate: createConversationTemplate(createChatFormat(family, tokenizer)),
    contextWindowSize,
    ...(slidingWindow ? { slidingWindow } : {}),
  });
  const text = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  const files = new Map<string, Uint8Array<ArrayBuffer>>([
    ['mlc-chat-config.json', text(chatConfig)],
    ['tokenizer.json', text(tokenizer.json)],
    ...shard(weights),
  ]);

  const matrix = (name: string): Matrix => {
    const { dimensions } = gguf.tensors.get(name)!;
    const [k, rows] = dimensions;
    const values = floatsOf(name);
    return denseMatrix(Array.from({ length: rows! }, (_, row) => values.subarray(row * k!, (row + 1) * k!)));
  };
  const embedding = matrix('token_embd.weight');
  const { base, scaling } = config.rope;
  const linear = scaling.type === 'linear' ? scaling.factor : 1;
  // Written out once more, so that a mistake in the program's own frequencies shows.
  const frequencies = inverseFrequencies(config.headDim, base).map((f, pair) => f / linear / (factors?.[pair] ?? 1));
  const reference: ReferenceModel = {
    heads: config.headCount,
    kvHeads: config.kvHeadCount,
    headDim: config.headDim,
    ropeLayout: config.rope.layout,
    eps: config.rmsEpsilon,
    rope: ropeTable(frequencies, config.contextLength),
    window: slidingWindow ? { window: slidingWindow.size, sink: slidingWindow.sinkSize } : { window: 0, sink: 0 },
    embedding,
    layers: Array.from({ length: config.layerCount }, (_, layer) => ({
      attnNorm: floatsOf(`blk.${layer}.attn_norm.weight`),
      q: matrix(`blk.${layer}.attn_q.weight`),
      k: matrix(`blk.${layer}.attn_k.weight`),
      v: matrix(`blk.${layer}.attn_v.weight`),
      o: matrix(`blk.${layer}.attn_output.weight`),
      ffnNorm: floatsOf(`blk.${layer}.ffn_norm.weight`),
      gate: matrix(`blk.${layer}.ffn_gate.weight`),
      up: matrix(`blk.${layer}.ffn_up.weight`),
      down: matrix(`blk.${layer}.ffn_down.weight`),
    })),
    outputNorm: floatsOf('output_norm.weight'),
    output: config.tiedOutput ? embedding : matrix('output.weight'),
  };
  return { files, library: packageModelLibrary(runtime, program), runtime, program, reference };
}

/** One shard with every weight, and its tensor-cache.json. */
function shard(weights: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): [string, Uint8Array<ArrayBuffer>][] {
  const size = [...weights.values()].reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(size);
  let byteOffset = 0;
  const records = [...weights].map(([name, packed]) => {
    bytes.set(packed, byteOffset);
    const record = {
      name,
      shape: [packed.length / 4],
      dtype: name.endsWith('norm.weight') ? 'float32' : 'uint32',
      format: 'raw',
      nbytes: packed.length,
      byteOffset,
    };
    byteOffset += packed.length;
    return record;
  });
  const cache = { metadata: {}, records: [{ dataPath: 'shard-0.bin', format: 'raw-shard', nbytes: size, records }] };
  return [
    ['tensor-cache.json', new TextEncoder().encode(JSON.stringify(cache))],
    ['shard-0.bin', bytes],
  ];
}
