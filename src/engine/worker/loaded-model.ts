import { MLCEngine } from '@mlc-ai/web-llm';
import type { AppConfig } from '@mlc-ai/web-llm';
import type { AppError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import { createConversationTemplate } from '#formats/chat-template/conversation.ts';
import type { LoadedModel as Description, SelfTestReport } from '#engine/protocol/info.ts';
import type { LoadSettings } from '#engine/protocol/messages.ts';
import type { PreparedModel } from '#engine/worker/model-source.ts';
import { pipelineOf, watchForward } from '#engine/worker/pipeline.ts';
import type { ForwardWatch, Pipeline } from '#engine/worker/pipeline.ts';
import type { ProgressMeter } from '#engine/worker/progress-meter.ts';
import { RememberedCounts } from '#engine/worker/remembered-counts.ts';

/** A model on the GPU. `gone` is aborted with the reason when the model ends: unloaded, or its device lost. */
export class LoadedModel {
  readonly engine: MLCEngine;
  readonly pipeline: Pipeline;
  readonly model: PreparedModel;
  readonly counts = new RememberedCounts();
  readonly #gone = new AbortController();
  selfTest: SelfTestReport = { kernels: 0, kernelCount: 0, layerRows: 0, knownTokens: 0, elapsedMs: 0 };
  /** The generation that runs now. */
  watch: ForwardWatch | null = null;

  constructor(engine: MLCEngine, pipeline: Pipeline, model: PreparedModel) {
    this.engine = engine;
    this.pipeline = pipeline;
    this.model = model;
    watchForward(pipeline, () => this.watch);
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  end(reason: AppError): void {
    this.#gone.abort(reason);
  }

  /** What requests may call it. */
  get names(): readonly string[] {
    return [this.model.key, this.model.name, ...this.model.aliases];
  }

  /** Positions this load made room for. With a sliding window there is no end, and no more than the model's own at once. */
  get contextLength(): number {
    const { contextWindowSize } = this.pipeline;
    return contextWindowSize > 0 ? contextWindowSize : this.model.contextLength;
  }

  describe(): Description {
    const { key, name, architecture, parameterCount, profile, libraryVersion } = this.model;
    const { contextWindowSize: contextLength, fullVocabSize: vocabularySize } = this.pipeline;
    return {
      key,
      name,
      architecture,
      parameterCount,
      contextLength,
      vocabularySize,
      profile,
      libraryVersion,
      selfTest: this.selfTest,
    };
  }
}

/**
 * Lets WebLLM upload the weights and take the compiled kernels, on the device that it is offered. Everything is in the store, so
 * nothing is fetched. `contextLength` is -1 with a sliding window. The caller destroys the device when this rejects.
 */
export async function uploadModel(
  model: PreparedModel,
  contextLength: number,
  overrides: LoadSettings['overrides'],
  signal: AbortSignal,
  meter: ProgressMeter,
): Promise<LoadedModel> {
  const appConfig: AppConfig = {
    cacheBackend: 'cache',
    model_list: [{ model: model.url, model_id: model.key, model_lib: model.libraryUrl }],
  };
  const engine = new MLCEngine({
    appConfig,
    logLevel: 'SILENT',
    initProgressCallback: ({ progress }) => {
      // WebLLM reports uploaded shards until all are there, and compiled kernels from then on.
      if (progress < 1 && !isUploaded)
        meter.update('upload', Math.round(progress * model.weightBytes), model.weightBytes);
      else if (!isUploaded) {
        isUploaded = true;
        meter.update('upload', model.weightBytes, model.weightBytes);
        meter.update('compile');
      }
    },
  });
  let isUploaded = false;
  const abort = () => void engine.unload();
  signal.addEventListener('abort', abort, { once: true });
  try {
    meter.update('upload', 0, model.weightBytes);
    await engine.reload(model.key, {
      conv_template: createConversationTemplate(model.chatFormat) as never,
      ...overrides,
      context_window_size: contextLength,
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
  signal.throwIfAborted();
  const pipeline = pipelineOf(engine);
  invariant(pipeline, 'WebLLM loaded the model and has no pipeline for it');
  return new LoadedModel(engine, pipeline, model);
}
