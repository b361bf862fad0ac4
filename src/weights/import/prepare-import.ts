import { createChatConfig } from '#formats/chat-template/chat-config.ts';
import { createChatFormat, createConversationTemplate } from '#formats/chat-template/conversation.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { checkFinite } from '#formats/gguf/check-finite.ts';
import { dequantize } from '#formats/gguf/dequantize.ts';
import { readLlamaConfig, type LlamaConfig } from '#formats/gguf/llama-config.ts';
import { textAt } from '#formats/gguf/metadata-access.ts';
import { joinSplits, type Gguf } from '#formats/gguf/split.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import { describeModel } from '#model-library/program/model-description.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import type { ModelDraft } from '#weights/store/model-record.ts';
import { sha256 } from '#weights/store/sha256.ts';
import { LIBRARY_PATH } from '#weights/store/weight-store.ts';
import { keyOf, layoutOf } from './derived-names.ts';
import { createModelLibrary, type ImportedModel } from './imported-model.ts';
import type { ImportRequest } from './messages.ts';
import { planImport, tensorCacheJson, type ImportPlan } from './plan.ts';
import { readHeader } from './read-header.ts';

/** 16 MiB: half the time to make again after a crash, half the memory, and no slower to write than 32. */
const CHUNK_BYTES = 16 * 1024 * 1024;

/** Everything but the weights. */
export type PreparedImport = {
  readonly draft: ModelDraft;
  readonly plan: ImportPlan;
  /** The small files, by path. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
};

/** Reads the headers and makes all that follows from them. Throws what is wrong with the model, by name. */
export async function prepareImport(
  request: ImportRequest,
  identity: string,
  sources: readonly ByteSource[],
  signal: AbortSignal,
): Promise<PreparedImport> {
  const headers = await Promise.all(sources.map((source) => readHeader(source, signal)));
  const headerSha256 = await sha256(encode(headers.map((one) => one.sha256).join('\n')));
  const gguf = joinSplits(headers.map(({ header }) => header));
  const config = readLlamaConfig(gguf);
  const tokenizer = createTokenizerJson(gguf.metadata);
  const chatTemplate = request.chatTemplate ?? textAt(gguf.metadata, 'tokenizer.chat_template');
  const chat = createChatFormat(matchChatTemplate(chatTemplate, textAt(gguf.metadata, 'general.name')), tokenizer);
  const model = describeModel(gguf, config, await readFrequencyFactors(config, sources, signal));
  const { runtimeWasm, profile } = request.library;
  const library = createModelLibrary(model, profile, runtimeWasm);
  const plan = planImport(gguf, config, request.chunkBytes ?? CHUNK_BYTES);
  const chatConfig = createChatConfig({
    config,
    tokenizer,
    conversationTemplate: createConversationTemplate(chat),
    contextWindowSize: config.contextLength,
    sampling: request.sampling ?? null,
  });
  const description: ImportedModel = {
    architecture: 'llama',
    title: textAt(gguf.metadata, 'general.name'),
    licence: {
      name: textAt(gguf.metadata, 'general.license.name') ?? textAt(gguf.metadata, 'general.license'),
      link: textAt(gguf.metadata, 'general.license.link'),
    },
    parameterCount: countParameters(gguf),
    sourceBytes: sources.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0),
    weightBytes: plan.weightBytes,
    largestTensorBytes: plan.largestTensorBytes,
    headerSha256,
    model,
    chat,
    chatTemplate,
    knownAnswers: request.knownAnswers,
  };
  const name = request.name ?? nameOf(sources[0]!);
  const tensorCache = tensorCacheJson(plan);
  const draft: ModelDraft = {
    key: await keyOf(name, identity, headerSha256),
    name,
    identity,
    locators: sources.map(({ locator }) => locator),
    layout: await layoutOf(
      plan.shards.map(({ chunks }) => chunks.map(({ sizeBytes }) => sizeBytes)),
      tensorCache,
    ),
    description,
    weights: plan.shards.map(({ path, chunks }) => ({ path, chunkSizes: chunks.map(({ sizeBytes }) => sizeBytes) })),
  };
  const files = new Map([
    ['mlc-chat-config.json', encode(JSON.stringify(chatConfig))],
    ['tokenizer.json', encode(tokenizer.json)],
    ['tensor-cache.json', encode(tensorCache)],
    [LIBRARY_PATH, library],
  ]);
  return { draft, plan, files };
}

/** The values of rope_freqs.weight: part of the program, not of the weights. */
async function readFrequencyFactors(
  { rope, headDim }: LlamaConfig,
  sources: readonly ByteSource[],
  signal: AbortSignal,
): Promise<readonly number[] | null> {
  if (!rope.frequencyFactors) return null;
  const { name, type, fileIndex, offset, sizeBytes } = rope.frequencyFactors;
  const bytes = await sources[fileIndex]!.read(offset, sizeBytes, signal);
  checkFinite(name, type, bytes);
  return Array.from(dequantize(type, bytes, headDim / 2));
}

function countParameters({ tensors }: Gguf): number {
  let count = 0;
  for (const { name, dimensions } of tensors.values()) {
    if (name !== 'rope_freqs.weight') count += dimensions.reduce((product, side) => product * side, 1);
  }
  return count;
}

/** The file's name without what says that it is a GGUF or a piece of one. */
function nameOf({ name }: ByteSource): string {
  return name.replace(/\.gguf$/i, '').replace(/-\d{5}-of-\d{5}$/, '') || 'model';
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
