// llama.cpp in WebAssembly, through wllama: ids in, ids out (id-vocabulary.ts). The only importer of @wllama/wllama. It runs in a
// worker that wllama makes itself; closing it ends that worker, and with it all its memory.
import { Wllama, WllamaRuntimeError } from '@wllama/wllama/esm/index.js';
import type { RawCompletionChunk, RawCompletionParams } from '@wllama/wllama/esm/index.js';
import { AppError, isAppError } from '#base/errors.ts';
import { idsOfText, textOfIds } from '#engine/cpu/id-vocabulary.ts';
import { WatchedBlob } from '#engine/cpu/watched-blob.ts';
import { orAborted } from '#engine/worker/or-aborted.ts';

export const LLAMA_VERSION = `wllama 3.8.1, llama.cpp ${Wllama.getLibllamaVersion()}`;

/** Positions computed at once. On one thread a larger batch is no faster, and an interrupt waits for its end. */
const BATCH = 8;

export type LlamaSettings = {
  /** The pieces of one model, in order, the first with the vocabulary of ids. */
  readonly pieces: readonly Blob[];
  /** wllama's own WebAssembly. */
  readonly wasm: Blob;
  readonly contextLength: number;
  readonly threads: number;
  /** Told of the model's bytes as they are read. */
  readonly onRead: (bytes: number) => void;
};

export type Sampling = {
  readonly temperature: number;
  readonly topP: number;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  readonly repetitionPenalty: number;
  readonly bias: readonly (readonly [id: number, bias: number])[];
  /** Null for another one each time. */
  readonly seed: number | null;
  readonly ignoresEnd: boolean;
};

export type TokenRequest = {
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** How many log probabilities to tell with each token, its own included; 0 for none. */
  readonly probabilities: number;
  /** False forgets what earlier requests left in the cache. */
  readonly keepsCache: boolean;
};

export type Probability = { readonly id: number; readonly logprob: number };
export type Token = { readonly id: number; readonly logprob: number; readonly alternatives: readonly Probability[] };

/** How a run went. Times in milliseconds. */
export type Timings = {
  readonly promptTokens: number;
  readonly keptTokens: number;
  readonly promptMs: number;
  readonly decodedTokens: number;
  readonly decodeMs: number;
};

/** Temperature before the nucleus, as WebLLM has it; llama.cpp's own order is the other one. */
const SAMPLERS = ['penalties', 'temperature', 'top_p'];

type Params = RawCompletionParams & { stream: true; onData: (chunk: RawCompletionChunk) => void };
type Logprobs = { readonly content: readonly (Probability & { readonly top_logprobs: readonly Probability[] })[] };

export class Llama {
  readonly #wllama: Wllama;
  readonly #contextLength: number;
  readonly threads: number;

  private constructor(wllama: Wllama, contextLength: number) {
    this.#wllama = wllama;
    this.#contextLength = contextLength;
    this.threads = wllama.getNumThreads();
  }

  /** Rejects with `cpu-failed`, or the signal's reason; nothing of it is left then. */
  static async load(settings: LlamaSettings, signal: AbortSignal): Promise<Llama> {
    const { pieces, wasm, contextLength, threads, onRead } = settings;
    const wasmUrl = URL.createObjectURL(wasm);
    const heard: string[] = [];
    const wllama = new Wllama({ default: wasmUrl }, { logger: loggerInto(heard) });
    wllama.setCompat(null); // the other build would come from another host
    try {
      const watched = pieces.map((piece) => new WatchedBlob(piece, onRead));
      const loading = wllama.loadModel(watched, {
        n_gpu_layers: 0,
        n_ctx: contextLength,
        n_batch: BATCH,
        n_ubatch: BATCH,
        n_threads: threads,
        n_parallel: 1,
        ctx_shift: false,
        warmup: false,
        log_level: LOG_LEVEL_WARNINGS,
      });
      await orAborted(loading, signal);
      return new Llama(wllama, contextLength);
    } catch (error) {
      await wllama.exit();
      signal.throwIfAborted();
      const words = heard.slice(-3).join('; ');
      throw failureOf(error, words);
    } finally {
      URL.revokeObjectURL(wasmUrl);
    }
  }

  /**
   * Continues a prompt; `onToken` is told of every token, the end's own included, and answers whether to go on. Rejects with the
   * signal's reason, or `cpu-failed`.
   */
  async run(request: TokenRequest, onToken: (token: Token) => boolean, signal: AbortSignal): Promise<Timings> {
    const { prompt, maxTokens, sampling, probabilities, keepsCache } = request;
    const enough = new AbortController();
    let timings: RawCompletionChunk['timings'];
    const onData = (chunk: RawCompletionChunk) => {
      timings = chunk.timings ?? timings;
      const [choice] = chunk.choices;
      const told = (choice?.logprobs as Logprobs | null | undefined)?.content ?? [];
      idsOfText(choice?.text ?? '').forEach((id, at) => {
        if (enough.signal.aborted || signal.aborted) return;
        const { logprob = 0, top_logprobs = [] } = told[at] ?? {};
        if (!onToken({ id, logprob, alternatives: top_logprobs })) enough.abort();
      });
    };
    const params = {
      prompt: textOfIds(prompt),
      stream: true,
      max_tokens: maxTokens,
      temperature: sampling.temperature,
      top_p: sampling.topP,
      frequency_penalty: sampling.frequencyPenalty,
      presence_penalty: sampling.presencePenalty,
      seed: sampling.seed ?? Math.floor(Math.random() * 2 ** 31),
      ignore_eos: sampling.ignoresEnd,
      top_k: 0,
      min_p: 0,
      abortSignal: AbortSignal.any([signal, enough.signal]),
      onData,
      ...(probabilities > 0 ? { logprobs: probabilities } : {}),
      samplers: SAMPLERS,
      repeat_penalty: sampling.repetitionPenalty,
      repeat_last_n: this.#contextLength,
      logit_bias: sampling.bias,
      cache_prompt: keepsCache,
      timings_per_token: true,
    };
    try {
      // wllama passes all of it on to llama.cpp; its types know only a part.
      await this.#wllama.createCompletion(params as unknown as Params);
    } catch (error) {
      signal.throwIfAborted();
      if (!enough.signal.aborted) throw failureOf(error, '');
    }
    signal.throwIfAborted();
    return {
      promptTokens: timings?.prompt_n ?? prompt.length,
      keptTokens: timings?.cache_n ?? 0,
      promptMs: timings?.prompt_ms ?? 0,
      // The first token is the prompt's.
      decodedTokens: Math.max((timings?.predicted_n ?? 0) - 1, 0),
      decodeMs: timings?.predicted_ms ?? 0,
    };
  }

  async close(): Promise<void> {
    await this.#wllama.exit();
  }
}

/** wllama's numbers for levels of its log. */
const LOG_LEVEL_WARNINGS = 3;

function loggerInto(heard: string[]) {
  const ignore = () => {};
  const keep = (...words: unknown[]) => {
    heard.push(words.map(String).join(' ').slice(0, 300));
    if (heard.length > 20) heard.shift();
  };
  return { debug: ignore, log: ignore, warn: keep, error: keep };
}

/** Whether WebAssembly itself stopped, after which nothing more can be asked of it. */
export function isFatal(error: unknown): boolean {
  return isAppError(error, 'cpu-failed') && error.cause instanceof WllamaRuntimeError;
}

function failureOf(error: unknown, heard: string): AppError {
  if (isAppError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const reason = [message, heard].filter((part) => part !== '').join('; ');
  return new AppError('cpu-failed', { reason }, { cause: error });
}
