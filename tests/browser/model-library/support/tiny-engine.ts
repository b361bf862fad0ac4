// WebLLM itself, in the test's page, over a tiny library. A logit processor keeps the logits of every step.
import {
  MLCEngine,
  type ChatCompletion,
  type ChatCompletionRequestNonStreaming,
  type LogitProcessor,
} from '@mlc-ai/web-llm';
import { expect } from 'vitest';
import { createReferenceKv, referenceForward } from '#model-library/reference/model.ts';
import { serveFromMemory, type MemoryCaches } from './memory-caches.ts';
import type { TinyLibrary } from './tiny-library.ts';

const MODEL_URL = 'https://daylight.invalid/tiny/';

export type Step = { readonly logits: Float32Array; readonly token: number };

/** Keeps what WebLLM shows of every sampled token. */
class Recorder implements LogitProcessor {
  steps: { logits: Float32Array; token: number }[] = [];
  #logits = new Float32Array();

  processLogits(logits: Float32Array): Float32Array {
    this.#logits = logits.slice();
    return logits;
  }
  processSampledToken(token: number): void {
    this.steps.push({ logits: this.#logits, token });
  }
  resetState(): void {}
}

export type Run = {
  readonly fed: readonly (readonly number[])[];
  readonly steps: readonly Step[];
  readonly reply: ChatCompletion;
};

export type TinyEngine = {
  readonly engine: MLCEngine;
  readonly caches: MemoryCaches;
  /** Runs a request and gives what came back, with the ids of every call of `embed` and every step's logits. */
  chat(request: ChatCompletionRequestNonStreaming): Promise<Run>;
  // The pipeline is WebLLM's own affair; only these tests look inside.
  readonly pipeline: () => Pipeline;
  stats(): Stats;
  /** Runs `use` as WebLLM is in real use: no logits are read back. */
  withoutRecording<T>(use: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

export type Stats = Readonly<
  Record<'dispatches' | 'buffersCreated' | 'poolHits' | 'pooledBuffers' | 'liveObjects' | 'wasmPages', number>
>;

export type Pipeline = {
  tvm: {
    beginScope(): void;
    endScope(): void;
    getGlobalFunc(name: string): (...args: unknown[]) => unknown;
    makeShapeTuple(dims: number[]): unknown;
    empty(shape: number[], dtype: string, device: unknown): Tensor;
    cpu(): unknown;
    detachFromCurrentScope<T>(value: T): T;
  };
  vm: { getFunction(name: string): (...args: unknown[]) => unknown };
  device: { sync(): Promise<void> };
  kvCache: unknown;
  params: unknown;
  tokenizer: { encode(text: string): Int32Array; decode(ids: Int32Array): string };
  logitProcessor: LogitProcessor | undefined;
  getTokensEmbeddings(ids: number[]): Tensor;
};

export type Tensor = {
  copyFrom(data: unknown): Tensor;
  toArray(): Float32Array;
  view(shape: number[]): Tensor;
  dispose(): void;
};

/** Loads a tiny library into WebLLM. */
export async function openTinyEngine(tiny: TinyLibrary): Promise<TinyEngine> {
  const files = new Map([...tiny.files].map(([name, bytes]) => [`${MODEL_URL}resolve/main/${name}`, bytes]));
  files.set(`${MODEL_URL}library.wasm`, tiny.library);
  const caches = serveFromMemory(files);
  const recorder = new Recorder();
  const engine = new MLCEngine({
    appConfig: {
      cacheBackend: 'cache',
      model_list: [{ model: MODEL_URL, model_id: 'tiny', model_lib: `${MODEL_URL}library.wasm` }],
    },
    logLevel: 'WARN',
    logitProcessorRegistry: new Map([['tiny', recorder]]),
  });
  await engine.reload('tiny');
  const pipeline = () => {
    const loaded = (engine as unknown as { loadedModelIdToPipeline: Map<string, Pipeline> }).loadedModelIdToPipeline;
    return loaded.get('tiny')!;
  };
  let fed: number[][] = [];
  const loaded = pipeline();
  const embed = loaded.getTokensEmbeddings.bind(loaded);
  loaded.getTokensEmbeddings = (ids) => {
    fed.push([...ids]);
    return embed(ids);
  };
  return {
    engine,
    caches,
    pipeline,
    async chat(request) {
      recorder.steps = [];
      fed = [];
      const reply = await engine.chatCompletion(request);
      return { fed, steps: recorder.steps, reply };
    },
    stats() {
      const { tvm, vm } = pipeline();
      tvm.beginScope();
      const stats = JSON.parse(String(vm.getFunction('daylight.stats')())) as Stats;
      tvm.endScope();
      return stats;
    },
    async withoutRecording(use) {
      const { logitProcessor } = loaded;
      loaded.logitProcessor = undefined;
      try {
        return await use();
      } finally {
        loaded.logitProcessor = logitProcessor;
      }
    },
    async close() {
      await engine.unload();
      caches.restore();
    },
  };
}

/** Runs `use` inside one of WebLLM's scopes; what its calls return is dropped at the end. */
export async function withScope(pipeline: Pipeline, use: () => Promise<void>): Promise<void> {
  pipeline.tvm.beginScope();
  try {
    await use();
  } finally {
    pipeline.tvm.endScope();
  }
}

/** Reads a float32 tensor of `count` elements from the GPU. */
export async function readTensor(pipeline: Pipeline, tensor: unknown, count: number): Promise<Float32Array> {
  const { tvm, device } = pipeline;
  const host = tvm.empty([count], 'float32', tvm.cpu());
  const source = (tensor as Tensor).view([count]);
  host.copyFrom(source);
  await device.sync();
  return host.toArray().slice();
}

export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

/** Largest difference of a logit from the reference: f32 sums against f64 ones, on logits up to 20. */
const LOGIT_TOLERANCE = 2e-3;

/** Every step of a greedy run must have the reference's logits and take its token. `before` is what the cache holds. */
export function expectReference(tiny: TinyLibrary, run: Run, before: readonly number[] = []): void {
  const { reference } = tiny;
  const kv = reference.layers.map(createReferenceKv);
  const prompt = run.fed.slice(0, run.fed.length - (run.steps.length - 1)).flat();
  let logits = referenceForward(reference, [...before, ...prompt], kv);
  run.steps.forEach((step, at) => {
    if (at > 0) logits = referenceForward(reference, [run.steps[at - 1]!.token], kv);
    expect(largestDifference(step.logits, logits), `logits of step ${at}`).toBeLessThan(LOGIT_TOLERANCE);
    expect(step.token, `token of step ${at}`).toBe(indexOfLargest(logits));
  });
  expect(run.steps.length).toBeGreaterThan(0);
}
