// What a bench page offers to the harness, whichever engine it drives. The clock is the page's: from the call to what a
// user would see. Engines' own reports are kept beside it, never in its place.

export type Generation = {
  readonly text: string;
  readonly promptTokens: number;
  /** Prompt tokens the engine took from an earlier call. A timed run must show 0. */
  readonly keptTokens: number;
  readonly completionTokens: number;
  /** From the call to the first token. */
  readonly firstTokenMs: number;
  /** From the first token to the last. */
  readonly decodeMs: number;
  /** What the engine says of itself, tokens a second. */
  readonly reported: { readonly prefill: number; readonly decode: number } | null;
};

export type Import = {
  readonly bytes: number;
  readonly elapsedMs: number;
  readonly stagesMs: Readonly<Record<string, number>>;
};

/** Counts since the page's engine started; a difference of two is a measurement. Null: this engine has no such thing. */
export type Counts = {
  readonly dispatches: number;
  readonly submits: number;
  readonly readbacks: number;
  readonly buffersCreated: number;
  readonly bindGroupsCreated: number;
  readonly pipelinesCreated: number;
  readonly liveBufferBytes: number;
  readonly bytesWritten: number;
  /** Out of the weight store; null when the engine does not count it. */
  readonly storeBytesRead: number | null;
};

export type EngineFacts = {
  /** The engine's own words about where it computes. */
  readonly runsOn: string;
  readonly version: string;
  readonly wasmBytes: number | null;
};

export type BenchDriver = {
  /** Stores the model so that a later page needs no network, from an empty store. */
  import(): Promise<Import>;
  /** Loads the stored model until a prompt can be sent. Stages are the engine's own; empty when it reports none. */
  load(): Promise<{ readonly elapsedMs: number; readonly stagesMs: Readonly<Record<string, number>> }>;
  /** Greedy, exactly `tokens` long, from an empty cache. */
  generate(prompt: string, tokens: number): Promise<Generation>;
  counts(): Promise<Counts | null>;
  facts(): Promise<EngineFacts>;
};

/** Collects one generation from the moments its tokens came. Begin it right before the call. */
export class GenerationClock {
  readonly startedMs = performance.now();
  firstMs: number | null = null;
  lastMs = 0;
  text = '';

  token(text: string): void {
    this.lastMs = performance.now();
    this.firstMs ??= this.lastMs;
    this.text += text;
  }

  finish(counted: Pick<Generation, 'promptTokens' | 'keptTokens' | 'completionTokens' | 'reported'>): Generation {
    if (this.firstMs === null) throw new Error('The engine ended without a token.');
    return {
      text: this.text,
      firstTokenMs: this.firstMs - this.startedMs,
      decodeMs: this.lastMs - this.firstMs,
      ...counted,
    };
  }
}

export function offerDriver(driver: BenchDriver): void {
  Object.assign(globalThis, { bench: driver });
}
