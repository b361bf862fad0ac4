// One model in llama.cpp: from kept files to something that answers.
import { AppError } from '#base/errors.ts';
import { createChatFormat } from '#formats/chat-template/conversation.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { readLlamaConfig, type LlamaConfig } from '#formats/gguf/llama-config.ts';
import { textAt } from '#formats/gguf/metadata-access.ts';
import { joinSplits } from '#formats/gguf/split.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import type { SamplingDefaults } from '#engine/cpu/cpu-request.ts';
import { withIdVocabulary } from '#engine/cpu/id-vocabulary.ts';
import type { KeptModel } from '#engine/cpu/kept-files.ts';
import { Llama, LLAMA_VERSION } from '#engine/cpu/llama.ts';
import { PromptWriter } from '#engine/cpu/prompt.ts';
import { TextCodec } from '#engine/cpu/text-codec.ts';
import type { LoadedModel as Description, SelfTestReport } from '#engine/protocol/info.ts';
import type { LoadSettings } from '#engine/protocol/messages.ts';
import type { ProgressMeter } from '#engine/worker/progress-meter.ts';
import { RememberedCounts } from '#engine/worker/remembered-counts.ts';
import { readHeader } from '#weights/import/read-header.ts';
import { openFileSource } from '#weights/source/blob-source.ts';

/** 3 GiB for weights and KV cache: the heap ends at 4, and a phone gives less. */
const MAX_MEMORY_BYTES = 3 * 1024 ** 3;
/** Tried in order, where a request does not say. */
const CONTEXTS = [4096, 2048, 1024, 512];

export type LoadInputs = {
  readonly record: KeptModel;
  /** The GGUF's pieces, as they are. */
  readonly files: readonly Blob[];
  readonly wasm: () => Promise<Blob>;
  readonly settings: LoadSettings;
  readonly threads: number;
};

/** `gone` is aborted with the reason when the model ends. */
export class CpuModel {
  readonly llama: Llama;
  readonly codec: TextCodec;
  readonly prompts: PromptWriter;
  readonly stopIds: ReadonlySet<number>;
  readonly defaults: SamplingDefaults;
  readonly contextLength: number;
  readonly memoryBytes: number;
  readonly record: KeptModel;
  readonly counts = new RememberedCounts();
  readonly #gone = new AbortController();
  selfTest: SelfTestReport = { kernels: 0, kernelCount: 0, layerRows: 0, knownTokens: 0, elapsedMs: 0 };

  constructor(
    parts: Pick<
      CpuModel,
      'llama' | 'codec' | 'prompts' | 'stopIds' | 'defaults' | 'contextLength' | 'memoryBytes' | 'record'
    >,
  ) {
    this.llama = parts.llama;
    this.codec = parts.codec;
    this.prompts = parts.prompts;
    this.stopIds = parts.stopIds;
    this.defaults = parts.defaults;
    this.contextLength = parts.contextLength;
    this.memoryBytes = parts.memoryBytes;
    this.record = parts.record;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  end(reason: AppError): void {
    this.#gone.abort(reason);
  }

  /** What requests may call it. */
  get names(): readonly string[] {
    const { key, name, identity } = this.record;
    return [key, name, identity.replace(/@.*$/s, '')];
  }

  describe(): Description {
    const { key, name, architecture, parameterCount } = this.record;
    return {
      key,
      name,
      architecture,
      parameterCount,
      contextLength: this.contextLength,
      vocabularySize: this.codec.size,
      profile: 'cpu',
      libraryVersion: LLAMA_VERSION,
      selfTest: this.selfTest,
    };
  }
}

/** Rejects with `cpu-too-large`, `cpu-failed`, the errors of an unsound file, or the signal's reason. */
export async function loadCpuModel(inputs: LoadInputs, meter: ProgressMeter, signal: AbortSignal): Promise<CpuModel> {
  const { record, files, settings, threads } = inputs;
  const sources = files.map((file, index) => openFileSource(new File([file], `piece-${index + 1}.gguf`)));
  const headers = (await Promise.all(sources.map((source) => readHeader(source, signal)))).map(({ header }) => header);
  const gguf = joinSplits(headers);
  const config = readLlamaConfig(gguf);
  const tokenizer = createTokenizerJson(gguf.metadata);
  const template = settings.chatTemplate ?? textAt(gguf.metadata, 'tokenizer.chat_template');
  const format = createChatFormat(matchChatTemplate(template, textAt(gguf.metadata, 'general.name')), tokenizer);
  const codec = new TextCodec(tokenizer.json);
  const contextLength = contextFor(config, record.sizeBytes, settings);

  const [first] = headers;
  const head = new Uint8Array(await files[0]!.slice(0, first!.dataOffset).arrayBuffer());
  const ours = withIdVocabulary(head, first!, tokenizer.vocabSize, tokenizer.eosTokenIds[0]!);
  const pieces = [new Blob([ours, files[0]!.slice(first!.dataOffset)]), ...files.slice(1)];
  const totalBytes = pieces.reduce((bytes, { size }) => bytes + size, 0);
  let readBytes = 0;
  // It reads headers twice, so the count is held at the end.
  const onRead = (bytes: number) => meter.update('upload', Math.min((readBytes += bytes), totalBytes - 1), totalBytes);
  meter.update('upload', 0, totalBytes);
  const wasm = await inputs.wasm();
  signal.throwIfAborted();
  const llama = await Llama.load({ pieces, wasm, contextLength, threads, onRead }, signal);
  meter.update('upload', totalBytes, totalBytes);
  meter.update('compile');
  return new CpuModel({
    llama,
    codec,
    prompts: new PromptWriter(codec, format),
    stopIds: new Set(format.stopIds),
    defaults: settings.overrides ?? {},
    contextLength,
    memoryBytes: totalBytes + contextLength * kvBytesPerPosition(config),
    record,
  });
}

/** Keys and values of every layer, two bytes each. */
const kvBytesPerPosition = ({ layerCount, kvHeadCount, headDim }: LlamaConfig): number =>
  layerCount * kvHeadCount * headDim * 2 * 2;

function contextFor(config: LlamaConfig, weightBytes: number, { contextLength, overrides }: LoadSettings): number {
  if ((overrides?.sliding_window_size ?? -1) > 0) throw new AppError('cpu-cannot', { what: 'a sliding window' });
  const own = config.contextLength;
  if (contextLength !== null && (!Number.isInteger(contextLength) || contextLength < 1 || contextLength > own)) {
    throw new AppError('engine-request', { what: `contextLength is ${contextLength}; this model takes 1 to ${own}` });
  }
  const fits = (positions: number) => weightBytes + positions * kvBytesPerPosition(config) <= MAX_MEMORY_BYTES;
  const wanted = contextLength === null ? [own, ...CONTEXTS.filter((one) => one < own)] : [contextLength];
  const chosen = wanted.find(fits);
  if (chosen !== undefined) return chosen;
  const sizeBytes = weightBytes + wanted.at(-1)! * kvBytesPerPosition(config);
  throw new AppError('cpu-too-large', {
    what: `the model with ${wanted.at(-1)} positions`,
    sizeBytes,
    limit: MAX_MEMORY_BYTES,
  });
}
