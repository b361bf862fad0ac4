import { AppError, isAppError } from '#base/errors.ts';
import { countPrompt } from '#formats/chat-template/count-prompt.ts';
import { stripSentinels } from '#formats/tokenizer/sentinels.ts';
import type {
  AdapterDescription,
  EngineInfo,
  EngineStats,
  GpuAssessment,
  GpuNeed,
  ModelInfo,
} from '#engine/protocol/info.ts';
import type { Evaluation, ImportSettings, LoadSettings, TokenCount } from '#engine/protocol/messages.ts';
import type { ChatRequest } from '#engine/protocol/openai.ts';
import type { LoadProgress, LoadStage } from '#engine/protocol/progress.ts';
import { bufferLimitsFor, checkBufferFits, describeAdapter, findAdapter } from '#engine/worker/adapter.ts';
import { assessGpu } from '#engine/worker/assess.ts';
import { planContexts } from '#engine/worker/context-plan.ts';
import type { ContextPlan } from '#engine/worker/context-plan.ts';
import { evaluate } from '#engine/worker/evaluate.ts';
import { generate, INTERRUPTED } from '#engine/worker/generate.ts';
import type { Chunk, Generation, Outcome } from '#engine/worker/generate.ts';
import type { GpuWatch, LostDevice } from '#engine/worker/gpu-watch.ts';
import type { PresentedGpu } from '#engine/worker/limited-adapter.ts';
import { uploadModel } from '#engine/worker/loaded-model.ts';
import type { LoadedModel } from '#engine/worker/loaded-model.ts';
import type { Kernel, KernelProfile } from '#model-library/kernels/kernel.ts';
import { createLlamaProgram } from '#model-library/program/llama-program.ts';
import { kernelsOf } from '#model-library/program/program.ts';
import type { ModelShelf, PreparedModel, PrepareOptions } from '#engine/worker/model-source.ts';
import { orAborted } from '#engine/worker/or-aborted.ts';
import { callLibrary } from '#engine/worker/pipeline.ts';
import { prepareRequest } from '#engine/worker/prepare-request.ts';
import { ProgressMeter } from '#engine/worker/progress-meter.ts';
import { checkCount, checkIds, checkList } from '#engine/worker/request-check.ts';
import { selfTest } from '#engine/worker/self-test/self-test.ts';
import { SharedPipelines } from '#engine/worker/shared-pipelines.ts';
import { TaskQueue } from '#engine/worker/task-queue.ts';
import { mergeUploadWaits } from '#engine/worker/upload-waits.ts';
import { translateError } from '#engine/worker/web-llm-errors.ts';

/** Steps of one `evaluate`: their logits are kept, 200 KB each at a vocabulary of 49152. */
const MAX_EVALUATED = 512;

export type SessionParts = {
  readonly gpu: GPU | undefined;
  /** What WebLLM takes for the GPU. */
  readonly presentedGpu: PresentedGpu;
  readonly watch: GpuWatch;
  readonly shelf: ModelShelf;
  readonly fetches: () => number;
  readonly onLost: (error: AppError) => void;
};

type Loading = {
  stage: LoadStage | null;
  readonly signal: AbortSignal;
  ended: Promise<unknown>;
  /** Of the context that is tried now: aborted when its device goes. */
  lost: AbortController;
  plan: ContextPlan | null;
};

/** One model at a time on one GPU: loading, generating, ending. */
export class EngineSession {
  readonly #parts: SessionParts;
  #adapter: AdapterDescription | null = null;
  #loaded: LoadedModel | null = null;
  #loading: Loading | null = null;
  #isLost = false;
  #queue = new TaskQueue();
  /** Generations that run or wait. */
  readonly #generations = new Set<AbortController>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    parts.watch.onLost = (lost) => this.#lose(lost);
  }

  /** Loads in place of what is loaded. A load that runs already refuses this one, unless it is being cancelled. */
  async load(
    settings: LoadSettings,
    signal: AbortSignal,
    report: (progress: LoadProgress) => void,
  ): Promise<EngineInfo> {
    while (this.#loading?.signal.aborted) await this.#loading.ended;
    if (this.#loading) throw new AppError('engine-busy', { request: 'load', running: 'another load runs' });
    const loading: Loading = { stage: null, signal, ended: Promise.resolve(), lost: new AbortController(), plan: null };
    const meter = new ProgressMeter((progress) => {
      loading.stage = progress.stage;
      report(progress);
    });
    this.#loading = loading;
    this.#isLost = false;
    const work = this.#load(settings, loading, meter);
    loading.ended = work.catch(() => undefined);
    try {
      this.#loaded = await work;
    } finally {
      this.#loading = null;
    }
    return this.info();
  }

  async #load(settings: LoadSettings, loading: Loading, meter: ProgressMeter): Promise<LoadedModel> {
    const { gpu, shelf, watch } = this.#parts;
    const { signal } = loading;
    await this.unload();
    const adapter = await findAdapter(gpu);
    this.#adapter = describeAdapter(adapter);
    signal.throwIfAborted();
    const profile = profileFor(this.#adapter);
    const onProgress: PrepareOptions['onProgress'] = (stage, done, total) => meter.update(stage, done, total);
    const prepareAndLoad = async () => {
      const model = await shelf.prepare({ settings, profile, signal, onProgress });
      checkBufferFits(adapter, model.largestBufferBytes);
      return this.#loadWhatFits(model, settings, adapter, loading, meter);
    };
    try {
      return await prepareAndLoad().catch((error: unknown) => {
        // What was damaged is forgotten by now, and its source may bring it again: once.
        if (!isAppError(error, 'stored-chunk-damaged') || settings.source.kind === 'stored') throw error;
        watch.destroyDevices();
        return prepareAndLoad();
      });
    } catch (error) {
      watch.destroyDevices();
      throw translateError(error);
    }
  }

  /** Goes down to a shorter context where the GPU's memory does not do, unless the caller chose one. */
  async #loadWhatFits(
    model: PreparedModel,
    settings: LoadSettings,
    adapter: GPUAdapter,
    loading: Loading,
    meter: ProgressMeter,
  ): Promise<LoadedModel> {
    const program = createLlamaProgram(model.description, model.profile);
    const plans = planContexts(program, model, settings, (bytes) => checkBufferFits(adapter, bytes));
    for (const plan of plans) {
      try {
        return await this.#loadOnce(model, settings, plan, kernelsOf(program), loading, meter);
      } catch (error) {
        if (!isAppError(error, 'gpu-memory') || plan === plans.at(-1)) throw error;
        this.#parts.watch.destroyDevices();
      }
    }
    throw new AppError('invariant', { what: 'a load has no context to try' });
  }

  async #loadOnce(
    model: PreparedModel,
    { overrides }: LoadSettings,
    plan: ContextPlan,
    kernels: readonly Kernel[],
    loading: Loading,
    meter: ProgressMeter,
  ): Promise<LoadedModel> {
    const { gpu, presentedGpu, shelf, watch } = this.#parts;
    const { signal } = loading;
    loading.lost = new AbortController();
    loading.plan = plan;
    const lost = loading.lost.signal;
    const adapter = await findAdapter(gpu); // anew: an import may have taken hours, and an adapter opens one device
    const device = await adapter.requestDevice({
      label: 'daylight: model',
      requiredLimits: bufferLimitsFor(Math.max(plan.largestBufferBytes, model.largestBufferBytes)),
    });
    signal.throwIfAborted();
    const pipelines = new SharedPipelines(device);
    try {
      pipelines.start(kernels);
      presentedGpu.offer(adapter.info, device);
      shelf.readFor(AbortSignal.any([signal, lost]));
      // A cancelled upload is waited for, so that nothing of it meets the next one; a lost device may never answer.
      const waitForAll = mergeUploadWaits(device.queue, () => watch.counts().bytesWritten);
      const uploading = orAborted(uploadModel(model, plan.contextWindowSize, overrides, signal, meter), lost);
      const loaded = await uploading.catch((error: unknown) => afterLoss(error, lost)).finally(waitForAll);
      const ended = AbortSignal.any([signal, lost]);
      meter.update('check');
      loaded.selfTest = await orAborted(selfTest(loaded, device), ended);
      meter.update('first-token');
      if (loaded.selfTest.knownTokens === 0) await orAborted(evaluate(loaded.pipeline, [0], 1), ended);
      ended.throwIfAborted();
      return loaded;
    } finally {
      pipelines.release();
    }
  }

  /** Tries what the GPU could hold in place of the loaded model, which goes on. */
  assess(need: GpuNeed, signal: AbortSignal): Promise<GpuAssessment> {
    return assessGpu(this.#parts.gpu, need, this.#parts.watch.counts().liveBufferBytes, signal);
  }

  /** Imports beside whatever else runs: another worker does it, and the GPU has no part in it. */
  async importModel(
    settings: ImportSettings,
    signal: AbortSignal,
    report: (progress: LoadProgress) => void,
  ): Promise<ModelInfo> {
    const meter = new ProgressMeter(report);
    const { adapter } = await this.info();
    return this.#parts.shelf.import({
      settings,
      profile: profileFor(adapter),
      signal,
      onProgress: (stage, done, total) => meter.update(stage, done, total),
    });
  }

  /** Ends what runs, frees the GPU. Without a model it does nothing. */
  async unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = null;
    if (!loaded) return;
    loaded.end(new AppError('engine-unloaded'));
    const queue = this.#queue;
    this.#queue = new TaskQueue();
    await queue.idle();
    this.#parts.watch.release();
    await loaded.engine.unload();
    this.#parts.watch.destroyDevices();
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
    checkIds(ids, loaded.pipeline.fullVocabSize, loaded.contextLength - count + 1);
    if (ids.length === 0) throw new AppError('engine-request', { what: 'ids is empty' });
    const either = AbortSignal.any([signal, loaded.gone]);
    const goesOn = () => {
      either.throwIfAborted();
      return true;
    };
    return this.#inTurn(loaded, 'evaluate', () => evaluate(loaded.pipeline, ids, count, goesOn));
  }

  /** Ends running and waiting generations as `finish_reason: "abort"`. */
  interrupt(): void {
    for (const generation of this.#generations) generation.abort(INTERRUPTED);
  }

  tokenize(text: string): number[] {
    if (typeof text !== 'string') throw new AppError('engine-request', { what: 'text is no text' });
    return [...this.#ready('tokenize').pipeline.tokenizer.encode(stripSentinels(text))];
  }

  /** What a conversation that ends in a question takes of the context, to the token. */
  countTokens(messages: ChatRequest['messages']): TokenCount {
    const { counts, model, pipeline } = this.#ready('countTokens');
    checkList(messages);
    const encode = (text: string) => pipeline.tokenizer.encode(text).length;
    return counts.round(encode, (count) => countPrompt(model.chatFormat, messages, count));
  }

  detokenize(ids: readonly number[]): string {
    const { tokenizer, fullVocabSize } = this.#ready('detokenize').pipeline;
    checkIds(ids, fullVocabSize, Number.MAX_SAFE_INTEGER);
    return tokenizer.decode(Int32Array.from(ids));
  }

  async deleteModel(key: string): Promise<void> {
    if (this.#loaded?.model.key === key) await this.unload();
    await this.#parts.shelf.delete(key);
  }

  async info(): Promise<EngineInfo> {
    if (!this.#adapter && this.#parts.gpu) {
      const adapter = await this.#parts.gpu.requestAdapter({ powerPreference: 'high-performance' });
      this.#adapter = adapter && describeAdapter(adapter);
    }
    return {
      state: this.#loading ? 'loading' : this.#loaded ? 'ready' : this.#isLost ? 'lost' : 'empty',
      loadingStage: this.#loading?.stage ?? null,
      adapter: this.#adapter,
      model: this.#loaded?.describe() ?? null,
      memory: {
        gpuBytes: this.#parts.watch.counts().liveBufferBytes,
        wasmBytes: this.#loaded?.pipeline.tvm.memory.memory.buffer.byteLength ?? 0,
      },
    };
  }

  stats(): EngineStats {
    return {
      gpu: this.#parts.watch.counts(),
      store: { ...this.#parts.shelf.reads },
      networkRequests: this.#parts.fetches(),
      library: this.#loaded && (callLibrary(this.#loaded.pipeline, 'daylight.stats') as Record<string, number>),
    };
  }

  #ready(request: string): LoadedModel {
    if (this.#loading) throw new AppError('engine-busy', { request, running: 'a model is being loaded' });
    if (!this.#loaded) throw new AppError('no-model', { request });
    return this.#loaded;
  }

  /** In order with other uses of the model; ends at once when the model does, however long the GPU takes. */
  #inTurn<T>(loaded: LoadedModel, name: string, task: () => Promise<T>): Promise<T> {
    return orAborted(this.#queue.run(name, task), loaded.gone).catch((error: unknown) => afterLoss(error, loaded.gone));
  }

  #lose({ reason, message, refusedAtBytes }: LostDevice): void {
    const loading = this.#loading;
    if (loading?.plan && refusedAtBytes !== null) {
      const { bytes: neededBytes, contextLength } = loading.plan;
      loading.lost.abort(new AppError('gpu-memory', { neededBytes, contextLength, refusedAtBytes, message }));
      return; // the load itself says what comes of it
    }
    const error = new AppError('device-lost', { reason, message });
    this.#isLost = true;
    // What waits for the lost device may never end; the next model gets a queue of its own.
    this.#queue = new TaskQueue();
    this.#loaded?.end(error);
    this.#loaded = null;
    loading?.lost.abort(error);
    this.#parts.onLost(error);
  }
}

/** A software adapter pays for every barrier. */
const profileFor = (adapter: AdapterDescription | null): KernelProfile => (adapter?.isSoftware ? 'serial' : 'parallel');

/** How long a browser may take to say that the device is lost after calls on it have begun to fail. */
const LOSS_MS = 100;

/** Rethrows an error; one that nobody foresaw gives way to the loss of the device, which may be its reason. */
async function afterLoss(error: unknown, lost: AbortSignal): Promise<never> {
  if (!isAppError(error) && error instanceof Error && !lost.aborted) {
    await new Promise((resolve) => setTimeout(resolve, LOSS_MS));
  }
  throw lost.aborted ? lost.reason : error;
}
