import type { ChatOptions } from '@mlc-ai/web-llm';
import type {
  EngineInfo,
  EngineStats,
  GenerationStats,
  GpuAssessment,
  GpuNeed,
  ModelInfo,
} from '#engine/protocol/info.ts';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatRequest,
  Completion,
  CompletionRequest,
} from '#engine/protocol/openai.ts';
import type { LoadProgress } from '#engine/protocol/progress.ts';
import type { WireError } from '#engine/protocol/wire-error.ts';

/** Where a model comes from. Several URLs or files are the parts of one split GGUF, in any order. */
export type ModelSource =
  | { readonly kind: 'catalog'; readonly model: string }
  | { readonly kind: 'stored'; readonly key: string }
  | { readonly kind: 'urls'; readonly urls: readonly string[] }
  | { readonly kind: 'files'; readonly files: readonly File[] }
  /** All files of a folder that `export-model` wrote. */
  | { readonly kind: 'folder'; readonly files: readonly File[] };

export type LoadSettings = {
  readonly source: ModelSource;
  /** Positions to make room for; null is the model's own, or less where the GPU's memory does not do. */
  readonly contextLength: number | null;
  /** A Jinja template in place of the file's own; null keeps that. */
  readonly chatTemplate: string | null;
  /** WebLLM's chat configuration, merged over ours. */
  readonly overrides: ChatOptions | null;
};

/** A model to bring into the store, without loading it. */
export type ImportSettings = Pick<LoadSettings, 'source' | 'chatTemplate'>;

export type VerifyResult = {
  readonly intact: boolean;
  readonly checkedBytes: number;
  /** Paths of the stored files with a damaged or missing chunk. */
  readonly damaged: readonly string[];
};

export type ExportResult = {
  /** The folder that was made in the given one, named by the model's key. */
  readonly folder: string;
  readonly sizeBytes: number;
  /** Of these, what this call wrote; the rest was there. */
  readonly writtenBytes: number;
};

export type TokenCount = {
  /** Of the whole prompt, as the engine will prefill it into an empty cache. */
  readonly total: number;
  /** Of it, what each message takes with the template's marks around it; they add up to the total. */
  readonly messages: readonly number[];
};

export type Evaluation = {
  /** The greedy continuation, `count` ids. */
  readonly ids: number[];
  /** For each id, the logits it was chosen from, `[vocabulary]`. */
  readonly logits: Float32Array<ArrayBuffer>[];
};

/** What the page may ask. Every request ends in exactly one `done`, `failed` or `cancelled` with its id; `cancel` has no reply. */
export type EngineRequest =
  | { readonly id: number; readonly type: 'load'; readonly settings: LoadSettings }
  | { readonly id: number; readonly type: 'chat'; readonly request: ChatRequest }
  | { readonly id: number; readonly type: 'complete'; readonly request: CompletionRequest }
  | { readonly id: number; readonly type: 'evaluate'; readonly ids: readonly number[]; readonly count: number }
  | { readonly id: number; readonly type: 'tokenize'; readonly text: string }
  | { readonly id: number; readonly type: 'count-tokens'; readonly messages: ChatRequest['messages'] }
  | { readonly id: number; readonly type: 'detokenize'; readonly ids: readonly number[] }
  | { readonly id: number; readonly type: 'interrupt' }
  | { readonly id: number; readonly type: 'unload' }
  | { readonly id: number; readonly type: 'info' }
  | { readonly id: number; readonly type: 'stats' }
  | { readonly id: number; readonly type: 'assess'; readonly need: GpuNeed }
  | { readonly id: number; readonly type: 'import-model'; readonly settings: ImportSettings }
  | {
      readonly id: number;
      readonly type: 'export-model';
      readonly key: string;
      readonly directory: FileSystemDirectoryHandle;
    }
  | { readonly id: number; readonly type: 'list-models' }
  | { readonly id: number; readonly type: 'delete-model'; readonly key: string }
  | { readonly id: number; readonly type: 'verify-model'; readonly key: string }
  | { readonly id: number; readonly type: 'cancel'; readonly target: number };

/** What `done` carries for each request. A streamed answer came as chunks, so its value is null. */
export type EngineResults = {
  load: EngineInfo;
  chat: { readonly answer: ChatCompletion | null; readonly stats: GenerationStats };
  complete: { readonly answer: Completion | null; readonly stats: GenerationStats };
  evaluate: Evaluation;
  tokenize: number[];
  'count-tokens': TokenCount;
  detokenize: string;
  interrupt: null;
  unload: null;
  info: EngineInfo;
  stats: EngineStats;
  assess: GpuAssessment;
  'import-model': ModelInfo;
  'export-model': ExportResult;
  'list-models': ModelInfo[];
  'delete-model': null;
  'verify-model': VerifyResult;
  cancel: never;
};

export type RequestType = EngineRequest['type'];
export type RequestOf<T extends RequestType> = Extract<EngineRequest, { type: T }>;
/** A request before it has its number. */
export type Asked<T extends RequestType = RequestType> = T extends RequestType ? Omit<RequestOf<T>, 'id'> : never;

export type EngineReply =
  | { readonly id: number; readonly type: 'progress'; readonly progress: LoadProgress }
  | { readonly id: number; readonly type: 'chunk'; readonly chunk: ChatCompletionChunk | Completion }
  | { readonly id: number; readonly type: 'done'; readonly value: EngineResults[RequestType] }
  | { readonly id: number; readonly type: 'failed'; readonly error: WireError }
  | { readonly id: number; readonly type: 'cancelled' }
  /** The worker's script runs and listens. Sent once, first. `lock` is a Web Lock the worker holds while it lives. */
  | { readonly type: 'ready'; readonly lock: string | null }
  /** The GPU device is gone: every waiting call has failed, and `load` is needed before the next. */
  | { readonly type: 'lost'; readonly error: WireError };
