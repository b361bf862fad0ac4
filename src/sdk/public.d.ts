// The types of /sdk.js, in one file that needs nothing else. tests/unit/sdk/public-types.test.ts holds them against the
// code they describe.

/** Starts an engine in a worker of its own. Rejects with `engine-died` when the worker's script cannot be loaded. */
export function connect(options?: ConnectOptions): Promise<Engine>;

export interface ConnectOptions {
  /** `auto` unless given: the GPU, or the processor (llama.cpp, small models) where the browser gives no WebGPU adapter. */
  engine?: 'auto' | 'webgpu' | 'cpu';
  /** Where `engine/engine.worker.js` is served; beside sdk.js unless given. It must be of the page's own origin. */
  workerUrl?: string | URL;
  /** The same for `engine/cpu.worker.js`; its `.wasm` lies beside it. */
  cpuWorkerUrl?: string | URL;
}

export interface Engine {
  /** Loads a model in place of the one that is loaded. Imports it first unless this browser has it already. */
  load(options: LoadOptions): Promise<EngineInfo>;
  readonly chat: { readonly completions: Completions<ChatRequest, ChatCompletion, ChatCompletionChunk> };
  readonly completions: Completions<CompletionRequest, Completion, Completion>;
  /** Measured by the generation that ended last; null before the first. */
  readonly lastGeneration: GenerationStats | null;
  /** Token ids of the text as it is: no template, nothing put in front. */
  tokenize(text: string): Promise<number[]>;
  /** What a conversation that ends in a question takes of the context, to the token. */
  countTokens(messages: ChatMessage[]): Promise<TokenCount>;
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

/** What to load: a GGUF (URL, file, or all parts of a split one), a model of the site, or one that is stored already. */
export type LoadOptions = {
  onProgress?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
  /** Positions to make room for. Unless given, the model's own, or what of 4096, 2048, 1024 and 512 the GPU's memory allows. */
  contextLength?: number;
  /** A Jinja template in place of the file's own. */
  chatTemplate?: string;
  /** WebLLM's chat configuration, merged over the model's. */
  overrides?: object;
} & ({ gguf: string | readonly string[] | File | readonly File[] } | { model: string } | { stored: string });

export type ImportOptions = {
  onProgress?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
  /** A Jinja template in place of the file's own. */
  chatTemplate?: string;
} & (
  | { gguf: string | readonly string[] | File | readonly File[] }
  | { model: string }
  /** A folder that `export` wrote, as chosen in a file input or by `showDirectoryPicker`. */
  | { folder: FileList | readonly File[] | FileSystemDirectoryHandle }
);

export interface ExportOptions {
  /** Where the model's own folder is made. Ask for leave to write there before: `showDirectoryPicker({ mode: 'readwrite' })`. */
  directory: FileSystemDirectoryHandle;
  /** Reports the stage `disk`. */
  onProgress?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
}

export interface ExportResult {
  /** The folder that was made, named by the model's key. */
  readonly folder: string;
  readonly sizeBytes: number;
  /** Of these, what this call wrote; the rest was there. */
  readonly writtenBytes: number;
}

/** What a model will ask of a GPU. */
export interface GpuNeed {
  /** Weights and KV cache together. */
  readonly bytes: number;
  readonly largestBufferBytes: number;
}

/** What a GPU can give, tried and not guessed. */
export interface GpuAssessment {
  /** Null where there is no WebGPU. */
  readonly adapter: EngineInfo['adapter'];
  /** Why no model can run here at all; null where one can. */
  readonly reason: string | null;
  /** The adapter's own, under WebGPU's names. Null where there is no WebGPU. */
  readonly limits: {
    readonly maxBufferSize: number;
    readonly maxStorageBufferBindingSize: number;
    readonly maxComputeWorkgroupStorageSize: number;
    readonly maxStorageBuffersPerShaderStage: number;
  } | null;
  readonly features: readonly ('shader-f16' | 'subgroups')[];
  /** Of one buffer that a kernel reads. */
  readonly maxBufferBytes: number;
  /** What was tried: the need, but at most 24 GiB, and 1 GiB on a software adapter. */
  readonly triedBytes: number;
  /** How much of what was tried could really be had at once, what a loaded model holds included. All of it was freed again. */
  readonly allocatedBytes: number;
}

/** `waiting` for another tab that imports the same model. */
export type LoadStage = 'waiting' | 'network' | 'disk' | 'upload' | 'compile' | 'check' | 'first-token';

/** Counted, never guessed; a stage that moves no bytes reports 0 of 0. */
export interface LoadProgress {
  readonly stage: LoadStage;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  /** Of this stage; null while the rate is unknown. */
  readonly secondsLeft: number | null;
}

export interface EngineInfo {
  readonly state: 'empty' | 'loading' | 'ready' | 'lost';
  readonly loadingStage: LoadStage | null;
  /** Null where there is no WebGPU. */
  readonly adapter: {
    readonly vendor: string;
    readonly architecture: string;
    readonly description: string;
    /** A processor pretending to be a GPU: correct, and slow. */
    readonly isSoftware: boolean;
  } | null;
  readonly model: LoadedModel | null;
  readonly memory: { readonly gpuBytes: number; readonly wasmBytes: number };
}

export interface LoadedModel {
  readonly key: string;
  readonly name: string;
  readonly architecture: string;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly parameterCount: number;
  /** `cpu` where llama.cpp computes without a GPU. */
  readonly profile: 'serial' | 'parallel' | 'subgroups' | 'cpu';
  readonly libraryVersion: string;
  /** What was checked on this GPU before the model was let go. */
  readonly selfTest: {
    readonly kernels: number;
    readonly kernelCount: number;
    readonly layerRows: number;
    readonly knownTokens: number;
    readonly elapsedMs: number;
  };
}

export interface ModelInfo {
  readonly key: string;
  readonly name: string;
  /** An `importing` model is resumed by loading its source again. */
  readonly state: 'importing' | 'complete';
  readonly storedBytes: number;
  /** What it takes when all of it is there. */
  readonly totalBytes: number;
  readonly architecture: string;
  readonly contextLength: number;
  readonly parameterCount: number;
  readonly source: string;
  /** Its id in the site's catalog.json; null for a model from elsewhere. */
  readonly catalogId: string | null;
  /** As the file says; null where it says none. */
  readonly licence: string | null;
  /** When it was complete, and when all of it was last read and found intact; milliseconds since 1970. */
  readonly completedAt: number | null;
  readonly verifiedAt: number | null;
  /** Stands for all its bytes, wherever they came from; null until it is complete, and in the engine on the processor. */
  readonly contentHash: string | null;
}

export interface VerifyResult {
  readonly intact: boolean;
  readonly checkedBytes: number;
  readonly damaged: readonly string[];
}

export interface TokenCount {
  /** Of the whole prompt, as an empty cache would be given it. */
  readonly total: number;
  /** Of it, what each message takes with the template's marks around it; they add up to the total. */
  readonly messages: readonly number[];
}

export interface Evaluation {
  readonly ids: number[];
  /** For each id, the logits it was chosen from, one for each token of the vocabulary. */
  readonly logits: Float32Array<ArrayBuffer>[];
}

/** Rates are tokens a second. */
export interface GenerationStats {
  readonly promptTokens: number;
  /** Tokens of earlier turns that the KV cache still held. */
  readonly keptTokens: number;
  readonly completionTokens: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  readonly secondsToFirstToken: number;
}

/** Counts since the worker started. */
export interface EngineStats {
  readonly gpu: {
    readonly dispatches: number;
    readonly submits: number;
    readonly buffersCreated: number;
    readonly buffersDestroyed: number;
    readonly liveBuffers: number;
    readonly liveBufferBytes: number;
    readonly pipelinesCreated: number;
    readonly bindGroupsCreated: number;
    readonly bufferWrites: number;
    readonly bytesWritten: number;
    readonly readbacks: number;
    readonly devicesCreated: number;
  };
  readonly store: { readonly bytesRead: number; readonly reads: number };
  readonly networkRequests: number;
  readonly library: Readonly<Record<string, number>> | null;
}

export interface CallOptions {
  /** Stops the answer: the call then fails with the signal's own reason. */
  signal?: AbortSignal;
}

export interface Completions<Request, Answer, Chunk> {
  create(request: Request & { stream: true }, options?: CallOptions): Promise<AsyncIterable<Chunk>>;
  create(request: Request & { stream?: false | null }, options?: CallOptions): Promise<Answer>;
  create(request: Request, options?: CallOptions): Promise<Answer | AsyncIterable<Chunk>>;
}

export type ChatMessage =
  | { role: 'system'; content: string; name?: string }
  | { role: 'user'; content: string | { type: 'text'; text: string }[]; name?: string }
  | { role: 'assistant'; content?: string | null; name?: string };

export interface SamplingOptions {
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean } | null;
  /** How many answers; at most 16, and 1 when streaming. */
  n?: number | null;
  max_tokens?: number | null;
  /** 0 takes the most probable token at every step. */
  temperature?: number | null;
  top_p?: number | null;
  frequency_penalty?: number | null;
  presence_penalty?: number | null;
  repetition_penalty?: number | null;
  /** By token id, -100 to 100. */
  logit_bias?: Record<string, number> | null;
  logprobs?: boolean | null;
  /** 0 to 5. */
  top_logprobs?: number | null;
  seed?: number | null;
  stop?: string | null | string[];
  /** Goes on where the model would end. */
  ignore_eos?: boolean;
  /** The loaded model's key or name, or nothing. */
  model?: string | null;
}

export interface ChatRequest extends SamplingOptions {
  messages: ChatMessage[];
  /** The last message is an answer that is not finished: what comes is its rest. */
  continue_final_message?: boolean;
  response_format?: {
    type?: 'text' | 'json_object' | 'grammar';
    /** JSON Schema, as text; any object without it. */
    schema?: string;
    /** EBNF, for `grammar`. */
    grammar?: string;
  };
}

export interface CompletionRequest extends SamplingOptions {
  prompt: string;
  /** Puts the prompt before the answer. */
  echo?: boolean | null;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'abort';

export interface TokenLogprob {
  token: string;
  bytes: number[] | null;
  logprob: number;
  top_logprobs: { token: string; bytes: number[] | null; logprob: number }[];
}

export interface Logprobs {
  content: TokenLogprob[] | null;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  created: number;
  model: string;
  choices: {
    index: number;
    finish_reason: FinishReason;
    message: { role: 'assistant'; content: string | null };
    logprobs: Logprobs | null;
  }[];
  usage?: Usage;
}

export interface ChatCompletionChunk {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  model: string;
  /** Empty in the last chunk when `include_usage` was asked for. */
  choices: {
    index: number;
    finish_reason: FinishReason | null;
    delta: { role?: 'system' | 'user' | 'assistant' | 'tool'; content?: string | null };
    logprobs?: Logprobs | null;
  }[];
  usage?: Usage;
}

export interface Completion {
  id: string;
  object: 'text_completion';
  created: number;
  model: string;
  choices: { index: number; finish_reason: FinishReason | null; text: string; logprobs?: Logprobs | null }[];
  usage?: Usage;
}

/** Everything that fails, except by a signal, fails with one of these. */
export class AppError extends Error {
  readonly name: 'AppError';
  /** Stable and for programs, such as `webgpu-missing`, `device-lost` or `prompt-too-long`. docs/sdk.md lists them. */
  readonly code: string;
  readonly details: Readonly<Record<string, string | number | boolean | bigint | null>>;
}

/** True for an AppError, also one of another copy of this module; of this `code` where one is given. */
export function isAppError(error: unknown, code?: string): error is AppError;
