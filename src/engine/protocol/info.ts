import type { LoadStage } from '#engine/protocol/progress.ts';

/** A model in this browser's store. */
export type ModelInfo = {
  readonly key: string;
  readonly name: string;
  /** Only `complete` models can be loaded; an `importing` one is resumed by loading its source again. */
  readonly state: 'importing' | 'complete';
  /** What it takes on disk now. */
  readonly storedBytes: number;
  /** What it takes when all of it is there. */
  readonly totalBytes: number;
  readonly architecture: string;
  /** Positions the model was trained for. */
  readonly contextLength: number;
  readonly parameterCount: number;
  /** Where it came from: URLs, a file's name, or the site itself. */
  readonly source: string;
  /** Its id in the site's catalog; null for a model from elsewhere. */
  readonly catalogId: string | null;
  /** As the file says; null where it says none. */
  readonly licence: string | null;
  /** When it was complete, and when all of it was last read and found intact; milliseconds since 1970. */
  readonly completedAt: number | null;
  readonly verifiedAt: number | null;
  /** Stands for all its bytes, wherever they came from; null until it is complete, and in the engine on the processor. */
  readonly contentHash: string | null;
};

export type AdapterDescription = {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** A processor pretending to be a GPU: correct, and slow. */
  readonly isSoftware: boolean;
};

/** What a model will ask of a GPU. */
export type GpuNeed = {
  /** Weights and KV cache together. */
  readonly bytes: number;
  readonly largestBufferBytes: number;
};

/** What a GPU can give, tried and not guessed. */
export type GpuAssessment = {
  /** Null where there is no WebGPU. */
  readonly adapter: AdapterDescription | null;
  /** Why no model can run here at all; null where one can. */
  readonly reason: string | null;
  /** The adapter's own, under WebGPU's names. Null where there is no WebGPU. */
  readonly limits: GpuLimits | null;
  readonly features: readonly ('shader-f16' | 'subgroups')[];
  /** Of one buffer that a kernel reads. */
  readonly maxBufferBytes: number;
  /**
   * What was tried: the need, or less where that would be reckless: 24 GiB, and 1 GiB on a software adapter, whose memory is the
   * machine's own.
   */
  readonly triedBytes: number;
  /**
   * How much of what was tried could really be had at once. A loaded model's bytes count as had, because loading another frees
   * them first. What was allocated was freed again.
   */
  readonly allocatedBytes: number;
};

export type GpuLimits = {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
};

export type LoadedModel = {
  readonly key: string;
  readonly name: string;
  readonly architecture: string;
  /** Positions this load made room for; at most the model's own. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly parameterCount: number;
  /** The kernels in use; `serial` on software adapters, and `cpu` where llama.cpp computes without a GPU. */
  readonly profile: 'serial' | 'parallel' | 'subgroups' | 'cpu';
  readonly libraryVersion: string;
  readonly selfTest: SelfTestReport;
};

/** What was checked on this GPU before the model was let go, and found right. A part is 0 when the time did not reach it. */
export type SelfTestReport = {
  /** Kernels checked, of those the model uses. */
  readonly kernels: number;
  readonly kernelCount: number;
  /** Numbers of the first layer's output, from the loaded weights. */
  readonly layerRows: number;
  /** Tokens after a prompt whose continuation is known. */
  readonly knownTokens: number;
  readonly elapsedMs: number;
};

export type EngineInfo = {
  readonly state: 'empty' | 'loading' | 'ready' | 'lost';
  readonly loadingStage: LoadStage | null;
  /** Null where there is no WebGPU. */
  readonly adapter: AdapterDescription | null;
  readonly model: LoadedModel | null;
  readonly memory: {
    /** Bytes in live GPU buffers, weights and KV cache included. */
    readonly gpuBytes: number;
    /** The model library's linear memory. */
    readonly wasmBytes: number;
  };
};

/** How the last generation went. Rates are tokens a second; 0 when nothing was measured. */
export type GenerationStats = {
  readonly promptTokens: number;
  /** Tokens of earlier turns that the KV cache still held, so that they were not computed again. */
  readonly keptTokens: number;
  readonly completionTokens: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  readonly secondsToFirstToken: number;
};

/** Counts since the worker started. Take the difference of two to measure something. */
export type EngineStats = {
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
  /** What was read out of the weight store for WebLLM. */
  readonly store: { readonly bytesRead: number; readonly reads: number };
  /** Requests the engine worker itself made; the import worker's are not among them. */
  readonly networkRequests: number;
  /** The model library's own counts; null when no model is loaded. */
  readonly library: Readonly<Record<string, number>> | null;
};
