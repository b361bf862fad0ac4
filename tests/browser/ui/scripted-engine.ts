import { AppError } from '#base/errors.ts';
import type { Engine, LoadOptions } from '#engine/client/engine.ts';
import type { EngineInfo, GenerationStats, LoadedModel, ModelInfo } from '#engine/protocol/info.ts';
import type { ChatCompletionChunk, ChatRequest } from '#engine/protocol/openai.ts';
import type { LoadProgress } from '#engine/protocol/progress.ts';

export const MODEL: LoadedModel = {
  key: 'scripted',
  name: 'Scripted model',
  architecture: 'llama',
  contextLength: 1000,
  vocabularySize: 100,
  parameterCount: 1e6,
  profile: 'serial',
  libraryVersion: '1',
  selfTest: { kernels: 1, kernelCount: 1, layerRows: 1, knownTokens: 0, elapsedMs: 1 },
};

export const STATS: GenerationStats = {
  promptTokens: 10,
  keptTokens: 0,
  completionTokens: 4,
  prefillTokensPerSecond: 100,
  decodeTokensPerSecond: 20,
  secondsToFirstToken: 0.1,
};

const INFO: EngineInfo = {
  state: 'ready',
  loadingStage: null,
  adapter: { vendor: 'test', architecture: '', description: '', isSoftware: false },
  model: MODEL,
  memory: { gpuBytes: 0, wasmBytes: 0 },
};

const STORED: ModelInfo = {
  key: MODEL.key,
  name: MODEL.name,
  state: 'complete',
  storedBytes: 1000,
  totalBytes: 1000,
  catalogId: null,
  licence: null,
  completedAt: null,
  verifiedAt: null,
  contentHash: null,
  architecture: 'llama',
  contextLength: 1000,
  parameterCount: 1e6,
  source: 'test',
};

type Step = string | AppError | Promise<void>;

/**
 * An engine whose answers are written by the test: a list of steps for each, where a text is streamed, an error thrown
 * and a promise waited for. One token is one word. What it was asked is kept in `requests`.
 */
export class ScriptedEngine {
  answers: Step[][] = [];
  loads: Step[][] = [];
  progress: LoadProgress[] = [];
  stored: ModelInfo[] = [];
  contextLength = MODEL.contextLength;
  readonly requests: ChatRequest[] = [];
  readonly loadRequests: LoadOptions[] = [];
  #interrupted = false;
  readonly #listeners = { lost: new Set<(error: AppError) => void>(), died: new Set<(error: AppError) => void>() };

  emit(event: 'lost' | 'died', error: AppError): void {
    for (const listener of this.#listeners[event]) listener(error);
  }

  /** The part of an Engine that the page uses. */
  get engine(): Engine {
    const engine: Pick<
      Engine,
      'load' | 'chat' | 'lastGeneration' | 'tokenize' | 'countTokens' | 'interrupt' | 'models' | 'on' | 'dispose'
    > = {
      load: (options) => this.#load(options),
      chat: {
        completions: {
          create: (async (request: ChatRequest, options?: { signal?: AbortSignal }) => {
            this.requests.push(structuredClone(request));
            const answer = this.#answer(this.answers.shift() ?? [], options?.signal);
            if (request.stream) return answer;
            let content = '';
            for await (const { choices } of answer) content += choices[0]?.delta.content ?? '';
            return { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }] };
          }) as unknown as Engine['chat']['completions']['create'],
        },
      },
      lastGeneration: STATS,
      tokenize: async (text) => wordsOf(text).map((_, at) => at),
      countTokens: async (messages) => {
        const counts = messages.map(({ content }) => wordsOf(String(content)).length + 4);
        return { total: counts.reduce((sum, count) => sum + count, 0), messages: counts };
      },
      interrupt: async () => {
        this.#interrupted = true;
      },
      models: {
        import: async () => STORED,
        export: async (key) => ({ folder: key, sizeBytes: 1000, writtenBytes: 1000 }),
        list: async () => this.stored,
        delete: async (key) => {
          this.stored = this.stored.filter((model) => model.key !== key);
        },
        verify: async () => ({ intact: true, checkedBytes: 0, damaged: [] }),
      },
      on: (event, listener) => {
        this.#listeners[event].add(listener);
        return () => this.#listeners[event].delete(listener);
      },
      dispose: () => undefined,
    };
    return engine as Engine;
  }

  async #load(options: LoadOptions): Promise<EngineInfo> {
    this.loadRequests.push(options);
    for (const progress of this.progress) options.onProgress?.(progress);
    for (const step of this.loads.shift() ?? []) {
      if (step instanceof AppError) throw step;
      await Promise.race([step, aborted(options.signal)]);
    }
    options.signal?.throwIfAborted();
    this.stored = [STORED];
    return { ...INFO, model: { ...MODEL, contextLength: this.contextLength } };
  }

  async *#answer(steps: Step[], signal?: AbortSignal): AsyncGenerator<ChatCompletionChunk> {
    this.#interrupted = false;
    for (const step of steps) {
      if (this.#interrupted) break;
      if (step instanceof AppError) throw step;
      if (typeof step === 'string') yield chunk(step, null);
      else await Promise.race([step, aborted(signal)]);
      signal?.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve));
    }
    yield chunk('', this.#interrupted ? 'abort' : 'stop');
  }
}

function chunk(content: string, reason: 'stop' | 'abort' | null): ChatCompletionChunk {
  return {
    id: '1',
    object: 'chat.completion.chunk',
    created: 0,
    model: MODEL.key,
    choices: [{ index: 0, delta: { content }, finish_reason: reason }],
  };
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason as Error);
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
