import { AppError, isAppError } from '#base/errors.ts';
import { hasMemory64 } from '#base/wasm-memory64.ts';
import { countPrompt } from '#formats/chat-template/count-prompt.ts';
import { stripSentinels } from '#formats/tokenizer/sentinels.ts';
import type { CpuShelf } from '#engine/cpu/cpu-shelf.ts';
import { evaluate } from '#engine/cpu/evaluate.ts';
import { generate, prepareRequest } from '#engine/cpu/generate.ts';
import { isFatal } from '#engine/cpu/llama.ts';
import { loadCpuModel } from '#engine/cpu/loaded-model.ts';
import type { CpuModel } from '#engine/cpu/loaded-model.ts';
import type { EngineInfo, EngineStats, GpuAssessment, GpuNeed, ModelInfo } from '#engine/protocol/info.ts';
import type { Evaluation, ImportSettings, LoadSettings, TokenCount } from '#engine/protocol/messages.ts';
import type { ChatRequest } from '#engine/protocol/openai.ts';
import type { LoadProgress, LoadStage } from '#engine/protocol/progress.ts';
import { INTERRUPTED } from '#engine/worker/generate.ts';
import type { Chunk, Generation, Outcome } from '#engine/worker/generate.ts';
import { orAborted } from '#engine/worker/or-aborted.ts';
import { ProgressMeter } from '#engine/worker/progress-meter.ts';
import { checkCount, checkIds, checkList } from '#engine/worker/request-check.ts';
import { TaskQueue } from '#engine/worker/task-queue.ts';

/** Steps of one `evaluate`: their logits are kept, 200 KB each at a vocabulary of 49152. */
const MAX_EVALUATED = 512;

export type CpuSessionParts = {
  readonly shelf: CpuShelf;
  /** wllama's WebAssembly, fetched when it is needed. */
  readonly wasm: () => Promise<Blob>;
  readonly threads: number;
  /** Why this browser has no WebGPU, or that nobody asked. */
  readonly reason: string;
  readonly fetches: () => number;
  readonly onLost: (error: AppError) => void;
};

type Loading = { stage: LoadStage | null; signal: AbortSignal; ended: Promise<unknown> };

/** One model at a time on the processor: what EngineSession is on the GPU, with the same answers. */
export class CpuSession {
  readonly #parts: CpuSessionParts;
  #loaded: CpuModel | null = null;
  #loading: Loading | null = null;
  #isLost = false;
  #queue = new TaskQueue();
  /** Generations that run or wait. */
  readonly #generations = new Set<AbortController>();

  constructor(parts: CpuSessionParts) {
    this.#parts = parts;
  }

  /** Loads in place of what is loaded. A load that runs already refuses this one, unless it is being cancelled. */
  async load(
    settings: LoadSettings,
    signal: AbortSignal,
    report: (progress: LoadProgress) => void,
  ): Promise<EngineInfo> {
    while (this.#loading?.signal.aborted) await this.#loading.ended;
    if (this.#loading) throw new AppError('engine-busy', { request: 'load', running: 'another load runs' });
    const loading: Loading = { stage: null, signal, ended: Promise.resolve() };
    const meter = new ProgressMeter((progress) => {
      loading.stage = progress.stage;
      report(progress);
    });
    this.#loading = loading;
    this.#isLost = false;
    const work = this.#load(settings, signal, meter);
    loading.ended = work.catch(() => undefined);
    try {
      this.#loaded = await work;
    } finally {
      this.#loading = null;
    }
    return this.info();
  }

  async #load(settings: LoadSettings, signal: AbortSignal, meter: ProgressMeter): Promise<CpuModel> {
    const { shelf, wasm, threads } = this.#parts;
    await this.unload();
    if (!hasMemory64()) throw new AppError('cpu-unsupported', { reason: 'its WebAssembly has no 64-bit memory' });
    const onProgress = (stage: LoadStage, done: number, total: number) => meter.update(stage, done, total);
    const obtain = async () => {
      const record = await shelf.obtain({ settings, signal, onProgress });
      return { record, files: await shelf.files(record) };
    };
    const { record, files } = await obtain().catch(async (error: unknown) => {
      // The browser threw a part away. Where the model has a source, that part alone is brought again.
      if (!isAppError(error, 'stored-model-incomplete') || settings.source.kind === 'stored') throw error;
      await shelf.verify(String(error.details['key']));
      return obtain();
    });
    const model = await loadCpuModel({ record, files, wasm, settings, threads }, meter, signal);
    try {
      meter.update('check');
      await selfTest(model, signal);
      meter.update('first-token');
      if (model.selfTest.knownTokens === 0) await evaluate(model, [0], 1, signal);
      signal.throwIfAborted();
      return model;
    } catch (error) {
      await model.llama.close();
      throw error;
    }
  }

  /** There is no GPU to try. */
  assess(need: GpuNeed): Promise<GpuAssessment> {
    void need;
    return Promise.resolve({
      adapter: null,
      reason: this.#parts.reason,
      limits: null,
      features: [],
      maxBufferBytes: 0,
      triedBytes: 0,
      allocatedBytes: 0,
    });
  }

  async importModel(
    settings: ImportSettings,
    signal: AbortSignal,
    report: (progress: LoadProgress) => void,
  ): Promise<ModelInfo> {
    const meter = new ProgressMeter(report);
    const onProgress = (stage: LoadStage, done: number, total: number) => meter.update(stage, done, total);
    return this.#parts.shelf.import({ settings, signal, onProgress });
  }

  /** Ends what runs, and with it the worker that held the model's memory. */
  async unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = null;
    if (!loaded) return;
    this.#queue = new TaskQueue();
    loaded.end(new AppError('engine-unloaded'));
    await loaded.llama.close();
  }

  /** Streams chunks or answers whole, as the request says. Rejects with the signal's reason, except when that is INTERRUPTED. */
  async generate(generation: Generation, abort: AbortController, send: (chunk: Chunk) => void): Promise<Outcome> {
    const loaded = this.#ready(generation.type === 'chat' ? 'a chat answer' : 'a completion');
    const prepared = prepareRequest(loaded, generation);
    const signal = AbortSignal.any([abort.signal, loaded.gone]);
    this.#generations.add(abort);
    try {
      return await this.#inTurn(loaded, generation.type, () => generate(loaded, prepared, signal, send));
    } finally {
      this.#generations.delete(abort);
    }
  }

  async evaluate(ids: readonly number[], count: number, signal: AbortSignal): Promise<Evaluation> {
    const loaded = this.#ready('evaluate');
    checkCount('count', count, MAX_EVALUATED);
    checkIds(ids, loaded.codec.size, loaded.contextLength - count + 1);
    if (ids.length === 0) throw new AppError('engine-request', { what: 'ids is empty' });
    const either = AbortSignal.any([signal, loaded.gone]);
    return this.#inTurn(loaded, 'evaluate', () => evaluate(loaded, ids, count, either));
  }

  /** Ends running and waiting generations as `finish_reason: "abort"`. */
  interrupt(): void {
    for (const generation of this.#generations) generation.abort(INTERRUPTED);
  }

  tokenize(text: string): number[] {
    if (typeof text !== 'string') throw new AppError('engine-request', { what: 'text is no text' });
    return this.#ready('tokenize').codec.encode(stripSentinels(text));
  }

  countTokens(messages: ChatRequest['messages']): TokenCount {
    const { codec, counts, prompts } = this.#ready('countTokens');
    checkList(messages);
    return counts.round(
      (text) => codec.encode(text).length,
      (count) => countPrompt(prompts.format, messages, count),
    );
  }

  detokenize(ids: readonly number[]): string {
    const { codec } = this.#ready('detokenize');
    checkIds(ids, codec.size, Number.MAX_SAFE_INTEGER);
    return codec.decode(ids);
  }

  async deleteModel(key: string): Promise<void> {
    if (this.#loaded?.record.key === key) await this.unload();
    await this.#parts.shelf.delete(key);
  }

  info(): Promise<EngineInfo> {
    return Promise.resolve({
      state: this.#loading ? 'loading' : this.#loaded ? 'ready' : this.#isLost ? 'lost' : 'empty',
      loadingStage: this.#loading?.stage ?? null,
      adapter: null,
      model: this.#loaded?.describe() ?? null,
      // Weights and KV cache; what llama.cpp takes beside them it does not say.
      memory: { gpuBytes: 0, wasmBytes: this.#loaded?.memoryBytes ?? 0 },
    });
  }

  stats(): EngineStats {
    return {
      gpu: NO_GPU,
      store: { bytesRead: 0, reads: 0 },
      networkRequests: this.#parts.fetches(),
      library: null,
    };
  }

  #ready(request: string): CpuModel {
    if (this.#loading) throw new AppError('engine-busy', { request, running: 'a model is being loaded' });
    if (!this.#loaded) throw new AppError('no-model', { request });
    return this.#loaded;
  }

  /** In order with other uses of the model; ends at once when the model does. */
  async #inTurn<T>(loaded: CpuModel, name: string, task: () => Promise<T>): Promise<T> {
    try {
      return await orAborted(this.#queue.run(name, task), loaded.gone);
    } catch (error) {
      if (isFatal(error) && isAppError(error) && this.#loaded === loaded) this.#lose(loaded, error);
      throw error;
    }
  }

  /** WebAssembly has stopped: out of memory, or a fault. */
  #lose(loaded: CpuModel, error: AppError): void {
    this.#isLost = true;
    this.#loaded = null;
    this.#queue = new TaskQueue();
    loaded.end(error);
    void loaded.llama.close(); // it only ends a worker
    this.#parts.onLost(error);
  }
}

const NO_GPU: EngineStats['gpu'] = {
  dispatches: 0,
  submits: 0,
  buffersCreated: 0,
  buffersDestroyed: 0,
  liveBuffers: 0,
  liveBufferBytes: 0,
  pipelinesCreated: 0,
  bindGroupsCreated: 0,
  bufferWrites: 0,
  bytesWritten: 0,
  readbacks: 0,
  devicesCreated: 0,
};

/** The continuation of a prompt that is known, where the catalog has one: a fault of the processor is rare, a damaged file is not. */
async function selfTest(model: CpuModel, signal: AbortSignal): Promise<void> {
  const startedMs = performance.now();
  const [known] = model.record.knownAnswers;
  if (!known || known.prompt.length + known.continuation.length > model.contextLength) return;
  const { prompt, continuation } = known;
  const ids: number[] = [];
  await model.llama.run(
    {
      prompt,
      maxTokens: continuation.length,
      sampling: {
        temperature: 0,
        topP: 1,
        frequencyPenalty: 0,
        presencePenalty: 0,
        repetitionPenalty: 1,
        bias: [],
        seed: 0,
        ignoresEnd: false,
      },
      probabilities: 0,
      keepsCache: false,
    },
    ({ id }) => ids.push(id) < continuation.length,
    signal,
  );
  if (ids.join() !== continuation.join()) {
    throw new AppError('self-test-failed', {
      check: 'the continuation of a known prompt',
      value: ids.join(' '),
      expected: continuation.join(' '),
      tolerance: 0,
    });
  }
  model.selfTest = { ...model.selfTest, knownTokens: ids.length, elapsedMs: performance.now() - startedMs };
}
