import type { LogitProcessor, MLCEngine } from '@mlc-ai/web-llm';
import { invariant } from '#base/invariant.ts';

// WebLLM 0.2.86 keeps its pipeline private. This file is the only one that looks inside: what we use is listed here and
// checked when a model is loaded, so that another version fails here and by name.

export type VmFunction = ((...args: unknown[]) => unknown) & { dispose(): void };

export type Tvm = {
  beginScope(): void;
  endScope(): void;
  memory: { memory: WebAssembly.Memory };
  cpu(): unknown;
  empty(shape: number[], dtype: string, device: unknown): Tensor;
  makeShapeTuple(values: number[]): unknown;
  getGlobalFunc(name: string): (...args: unknown[]) => unknown;
};

export type Tensor = {
  shape: number[];
  dtype: string;
  copyFrom(source: Tensor | ArrayLike<number>): Tensor;
  toArray(): Float32Array | Int32Array;
  view(shape: number[]): Tensor;
};

export type Pipeline = {
  readonly tokenizer: { encode(text: string): Int32Array; decode(ids: Int32Array): string };
  readonly device: { sync(): Promise<void> };
  readonly tvm: Tvm;
  readonly vm: { getFunction(name: string): VmFunction };
  readonly params: unknown;
  readonly kvCache: unknown;
  /** Of the answer, as far as it is written. */
  readonly outputIds: readonly number[];
  readonly fullVocabSize: number;
  readonly contextWindowSize: number;
  /** Positions the KV cache holds now. */
  readonly filledKVCacheLength: number;
  logitProcessor: LogitProcessor | undefined;
  /** Runs one chunk of at most `prefillChunkSize` tokens; returns logits on the GPU. */
  embedAndForward(chunk: unknown, length: number): Promise<unknown>;
  forwardTokensAndSample(ids: number[], isPrefill: boolean): Promise<number>;
  resetChat(): void;
  getMessage(): string;
  getTokenLogprobArray(): unknown[];
  getFinishReason(): string | undefined;
  getCurRoundCompletionTotalTokens(): number;
  getCurRoundDecodingTotalTokens(): number;
  getCurRoundDecodingTotalTime(): number;
  getCurRoundPrefillTotalTime(): number;
};

const METHODS = [
  'embedAndForward',
  'forwardTokensAndSample',
  'resetChat',
  'getMessage',
  'getTokenLogprobArray',
  'getFinishReason',
  'getCurRoundCompletionTotalTokens',
  'getCurRoundDecodingTotalTokens',
  'getCurRoundDecodingTotalTime',
  'getCurRoundPrefillTotalTime',
] as const satisfies readonly (keyof Pipeline)[];
const OBJECTS = [
  'tokenizer',
  'device',
  'tvm',
  'vm',
  'params',
  'kvCache',
  'outputIds',
] as const satisfies readonly (keyof Pipeline)[];
const NUMBERS = [
  'fullVocabSize',
  'contextWindowSize',
  'filledKVCacheLength',
] as const satisfies readonly (keyof Pipeline)[];

/** The pipeline of the loaded model; null when reload() ended without one, as it does after an abort. */
export function pipelineOf(engine: MLCEngine): Pipeline | null {
  const { loadedModelIdToPipeline } = engine as unknown as { loadedModelIdToPipeline?: Map<string, Pipeline> };
  invariant(loadedModelIdToPipeline instanceof Map, 'WebLLM has no table of pipelines');
  const [pipeline] = loadedModelIdToPipeline.values();
  if (!pipeline) return null;
  for (const name of METHODS) invariant(typeof pipeline[name] === 'function', `WebLLM's pipeline has no ${name}()`);
  for (const name of OBJECTS) invariant(typeof pipeline[name] === 'object', `WebLLM's pipeline has no ${name}`);
  for (const name of NUMBERS) invariant(typeof pipeline[name] === 'number', `WebLLM's pipeline has no ${name}`);
  return pipeline;
}

/** Whether a stop string ended the answer: its tokens are in the cache then, and in no message. */
export function endedAtStopString(pipeline: Pipeline): boolean {
  return pipeline.tokenizer.decode(Int32Array.from(pipeline.outputIds)) !== pipeline.getMessage();
}

/** Calls a function of the model library that takes nothing and returns JSON text. */
export function callLibrary(pipeline: Pipeline, name: string): unknown {
  pipeline.tvm.beginScope();
  try {
    return JSON.parse(String(pipeline.vm.getFunction(name)()));
  } finally {
    pipeline.tvm.endScope();
  }
}

/** What happens around each forward pass of one generation. */
export type ForwardWatch = {
  /** Before a pass; throwing here ends the generation. */
  before(tokens: number, filled: number, isPrefill: boolean): void;
};

/**
 * Lets a watch see every forward pass, and lets prefill chunks reach the GPU one at a time: WebLLM would queue a whole
 * prompt at once, which nothing could stop then.
 */
export function watchForward(pipeline: Pipeline, current: () => ForwardWatch | null): void {
  const forward = pipeline.embedAndForward.bind(pipeline);
  pipeline.embedAndForward = async (chunk, length) => {
    const isPrefill = pipeline.getCurRoundCompletionTotalTokens() === 0;
    current()?.before(length, pipeline.filledKVCacheLength, isPrefill);
    const logits = await forward(chunk, length);
    if (length > 1) await pipeline.device.sync();
    return logits;
  };
}
