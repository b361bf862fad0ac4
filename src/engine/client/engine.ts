import type { ChatOptions } from '@mlc-ai/web-llm';
import type { AppError } from '#base/errors.ts';
import type {
  EngineInfo,
  EngineStats,
  GenerationStats,
  GpuAssessment,
  GpuNeed,
  ModelInfo,
} from '#engine/protocol/info.ts';
import type { Evaluation, ExportResult, TokenCount, VerifyResult } from '#engine/protocol/messages.ts';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatRequest,
  Completion,
  CompletionRequest,
} from '#engine/protocol/openai.ts';
import type { LoadProgress } from '#engine/protocol/progress.ts';

type LoadSettings = {
  onProgress?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
  /** Positions to make room for. Unless given, the model's own, or what of 4096, 2048, 1024 and 512 the GPU's memory allows. */
  contextLength?: number;
  /** A Jinja template in place of the file's own. */
  chatTemplate?: string;
  /** WebLLM's chat configuration, merged over the model's. */
  overrides?: ChatOptions;
};

export type ImportOptions = Pick<LoadSettings, 'onProgress' | 'signal' | 'chatTemplate'> &
  (
    | { gguf: string | readonly string[] | File | readonly File[] }
    | { model: string }
    /** A folder that `export` wrote, as chosen in a file input or by `showDirectoryPicker`. */
    | { folder: FileList | readonly File[] | FileSystemDirectoryHandle }
  );

export type ExportOptions = Pick<LoadSettings, 'onProgress' | 'signal'> & {
  /** Where the model's own folder is made. The page asks for leave to write there before. */
  directory: FileSystemDirectoryHandle;
};

/** What to load: a GGUF (URL, file, or all parts of a split one), a model of the site, or one already in the store. */
export type LoadOptions = LoadSettings &
  ({ gguf: string | readonly string[] | File | readonly File[] } | { model: string } | { stored: string });

/** `signal` stops the answer: the call then fails with the signal's own reason. `interrupt()` ends it as `finish_reason: "abort"`. */
export type CallOptions = { signal?: AbortSignal };

export interface Completions<Request, Answer, Chunk> {
  create(request: Request & { stream: true }, options?: CallOptions): Promise<AsyncIterable<Chunk>>;
  create(request: Request & { stream?: false | null }, options?: CallOptions): Promise<Answer>;
  create(request: Request, options?: CallOptions): Promise<Answer | AsyncIterable<Chunk>>;
}

/**
 * The page's side of one engine worker. Calls may overlap: generations wait for each other in order.
 * Every call fails with an AppError (or its signal's reason); after `died` nothing but `connect` helps.
 */
export interface Engine {
  /** Loads a model, in place of the one that is loaded. Imports it first unless the store has it whole. */
  load(options: LoadOptions): Promise<EngineInfo>;
  readonly chat: { readonly completions: Completions<ChatRequest, ChatCompletion, ChatCompletionChunk> };
  readonly completions: Completions<CompletionRequest, Completion, Completion>;
  /** Measured by the generation that ended last; null before the first. */
  readonly lastGeneration: GenerationStats | null;
  /** Token ids of the text as it is: no template, nothing put in front. */
  tokenize(text: string): Promise<number[]>;
  /** What a conversation that ends in a question takes of the context, to the token: the prompt that an empty cache would be given. */
  countTokens(messages: ChatRequest['messages']): Promise<TokenCount>;
  detokenize(ids: readonly number[]): Promise<string>;
  /** Ends running and waiting generations within one token; they finish with `finish_reason: "abort"`. */
  interrupt(): Promise<void>;
  /** Frees the GPU. What runs or waits fails with `engine-unloaded`. */
  unload(): Promise<void>;
  info(): Promise<EngineInfo>;
  stats(): Promise<EngineStats>;
  /** Tries what this GPU could hold in place of a loaded model, which goes on, and frees it again. Never rejects for want of a GPU. */
  assess(need: GpuNeed, options?: CallOptions): Promise<GpuAssessment>;
  readonly models: {
    /**
     * Brings a model into the store without loading it; a loaded one goes on answering. Aborting pauses: what arrived is kept,
     * and the same call goes on from there.
     */
    import(options: ImportOptions): Promise<ModelInfo>;
    /**
     * Writes a stored model into a folder, for another browser or a memory stick. What is there already with the right bytes is not
     * written again, so an aborted export goes on.
     */
    export(key: string, options: ExportOptions): Promise<ExportResult>;
    list(): Promise<ModelInfo[]>;
    /** Deletes a stored model, unloading it first where it is the loaded one. */
    delete(key: string): Promise<void>;
    /** Reads a stored model whole and compares its checksums. */
    verify(key: string): Promise<VerifyResult>;
  };
  /** Prefills exactly these ids into an empty cache, then continues greedily: ids and full logits of each step. */
  evaluate(ids: readonly number[], options: { count: number; signal?: AbortSignal }): Promise<Evaluation>;
  /** `lost`: the GPU device is gone, load again. `died`: the worker is gone, connect again. Returns what removes the listener. */
  on(event: 'lost' | 'died', listener: (error: AppError) => void): () => void;
  /** Ends the worker. What waits fails with `engine-disposed`. */
  dispose(): void;
}

export type ConnectOptions = {
  /** Where the site serves `engine/engine.worker.js`. */
  workerUrl: string | URL;
};
