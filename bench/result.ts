// What one run leaves behind, as its JSON file holds it.
import type { Adapter } from './browser.ts';
import type { Verdict } from './judge.ts';
import type { Machine } from './machine.ts';
import type { EngineFacts, Generation } from './page/driver.ts';

/** Everything one engine did in one round, in a browser with a fresh profile. Times in ms, sizes in bytes. */
export type Round = {
  readonly import: {
    readonly bytes: number;
    readonly elapsedMs: number;
    readonly stagesMs: Readonly<Record<string, number>>;
  };
  readonly load: {
    readonly elapsedMs: number;
    readonly stagesMs: Readonly<Record<string, number>>;
    /** Null where the engine does not count it. */
    readonly storeBytesRead: number | null;
    /** From the start of the load to the first token of a short prompt. */
    readonly firstTokenMs: number;
  };
  readonly medium: Generation;
  readonly long: Generation;
  readonly decode: Generation;
  /** Of the timed decode, per token after the first. Null for an engine that uses no GPU. */
  readonly perToken: PerToken | null;
  /** Processor time by kind of thread: of the warm load, and of a decoded token. Null where the system does not say. */
  readonly threadMs: { readonly load: ThreadWork | null; readonly token: ThreadWork | null };
  readonly memory: {
    /** The browser with an empty page. */
    readonly idle: number | null;
    /** The largest sample of the whole browser, less `idle`. */
    readonly importPeak: number | null;
    readonly loadPeak: number | null;
    /** Page and workers, as the browser itself measures them; wasm memory is in it. */
    readonly script: number | null;
    readonly wasm: number | null;
    readonly gpuBuffers: number | null;
  };
  readonly verdict: Verdict;
};

/** Milliseconds by "process: thread", the largest first, those under a hundredth of the whole left out. */
export type ThreadWork = Readonly<Record<string, number>>;

export type PerToken = {
  readonly dispatches: number;
  readonly submits: number;
  readonly readbacks: number;
  readonly buffersCreated: number;
  readonly bindGroupsCreated: number;
  readonly pipelinesCreated: number;
  readonly bytesWritten: number;
};

export type EngineResult = {
  readonly id: string;
  readonly label: string;
  facts: EngineFacts | null;
  readonly rounds: Round[];
  /** Why there is no further round; null when all went well. */
  failure: string | null;
};

export type BenchResult = {
  readonly format: 1;
  readonly takenAt: string;
  readonly machine: Machine;
  readonly browser: { readonly version: string; readonly flags: readonly string[] };
  readonly adapter: Adapter;
  readonly model: { readonly name: string; readonly files: readonly string[]; readonly bytes: number };
  readonly settings: {
    readonly rounds: number;
    readonly mediumTokens: number;
    readonly longTokens: number;
    readonly decodeTokens: number;
    readonly contextLength: number;
  };
  /** llama.cpp's greedy answer to the decode prompt. */
  readonly expectedText: string;
  readonly engines: readonly EngineResult[];
};
