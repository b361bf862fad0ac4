import type { ChatCompletion, ChatCompletionChunk, Completion } from '@mlc-ai/web-llm';
import { stopStringsOf } from '#formats/chat-template/conversation.ts';
import type { GenerationStats } from '#engine/protocol/info.ts';
import type { ChatRequest, CompletionRequest } from '#engine/protocol/openai.ts';
import type { LoadedModel } from '#engine/worker/loaded-model.ts';
import { endedAtStopString } from '#engine/worker/pipeline.ts';
import type { ForwardWatch, Pipeline } from '#engine/worker/pipeline.ts';
import { releasableLength } from '#engine/worker/text-release.ts';
import { translateError } from '#engine/worker/web-llm-errors.ts';

export type Generation =
  | { readonly type: 'chat'; readonly request: ChatRequest }
  | { readonly type: 'complete'; readonly request: CompletionRequest };

/** `hidesAlternatives`: they were only asked of WebLLM to get log probabilities at all. */
export type PreparedGeneration = Generation & { readonly hidesAlternatives: boolean };

export type Outcome = { readonly answer: ChatCompletion | Completion | null; readonly stats: GenerationStats };

/** The reason of a signal that ends a generation as `finish_reason: "abort"`, not as a failure. */
export const INTERRUPTED = Symbol('interrupted');

export type Chunk = ChatCompletionChunk | Completion;
type Logprobs = NonNullable<ChatCompletion.Choice['logprobs']>;

/** One generation: counts its forward passes and stops it when its signal says so. */
export class GenerationRun implements ForwardWatch {
  readonly #signal: AbortSignal;
  promptTokens = 0;
  keptTokens = 0;
  #passes = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Between prefill chunks an abort throws, because WebLLM itself only looks between tokens. */
  before(tokens: number, filled: number, isPrefill: boolean): void {
    if (isPrefill) {
      this.#signal.throwIfAborted();
      this.promptTokens += tokens;
    }
    if (this.#passes++ === 0) this.keptTokens = filled;
  }
}

/**
 * Runs one request through WebLLM. A streamed one sends chunks and answers null. Throws the signal's reason, or ends
 * with `finish_reason: "abort"` when that is INTERRUPTED.
 */
export async function generate(
  loaded: LoadedModel,
  generation: PreparedGeneration,
  signal: AbortSignal,
  send: (chunk: Chunk) => void,
): Promise<Outcome> {
  const { type, request, hidesAlternatives } = generation;
  const { engine, pipeline, model } = loaded;
  const run = new GenerationRun(signal);
  const interrupt = () => void engine.interruptGenerate();
  loaded.watch = run;
  signal.addEventListener('abort', interrupt);
  try {
    signal.throwIfAborted(); // it may have waited for its turn
    const reply = await (type === 'chat'
      ? engine.chat.completions.create(request)
      : engine.completions.create(request));
    let answer: ChatCompletion | Completion | null = null;
    if (Symbol.asyncIterator in reply) await stream(reply, loaded, generation, signal, send);
    else answer = hidesAlternatives ? withoutAlternatives(reply) : reply;
    if (signal.aborted && signal.reason !== INTERRUPTED) throw signal.reason;
    const stats = statsOf(pipeline, run);
    if (endedAtStopString(pipeline)) pipeline.resetChat(); // the next turn would go on behind a part of it
    return { answer, stats };
  } catch (error) {
    // Whatever ended it, the cache and the conversation are half-way; the next request begins anew.
    pipeline.resetChat();
    if (error !== INTERRUPTED) throw translateError(error);
    const stats = { ...statsOf(pipeline, run), completionTokens: 0, decodeTokensPerSecond: 0 };
    const ending = abortedBeforeFirstToken(type, Boolean(request.stream), model.key);
    if (!request.stream) return { answer: ending as ChatCompletion | Completion, stats };
    send(ending as Chunk);
    return { answer: null, stats };
  } finally {
    signal.removeEventListener('abort', interrupt);
    loaded.watch = null;
  }
}

/** Passes WebLLM's chunks on with text that is final and with every token's log probability, which its own can miss. */
async function stream(
  chunks: AsyncIterable<Chunk>,
  { pipeline, model }: LoadedModel,
  { request, hidesAlternatives }: PreparedGeneration,
  signal: AbortSignal,
  send: (chunk: Chunk) => void,
): Promise<void> {
  const stops = request.ignore_eos ? [] : [...stopStringsOf(model.chatFormat), ...[request.stop ?? []].flat()];
  let sentLength = 0;
  let sentLogprobs = 0;
  for await (const chunk of chunks) {
    if (signal.aborted && signal.reason !== INTERRUPTED) continue; // WebLLM ends at the next token
    const [choice] = chunk.choices;
    if (!choice) {
      send(chunk); // the usage, last
      continue;
    }
    const text = pipeline.getMessage();
    const length = choice.finish_reason === null ? Math.max(releasableLength(text, stops), sentLength) : text.length;
    const delta = text.slice(sentLength, length);
    sentLength = length;
    const content = (pipeline.getTokenLogprobArray() as NonNullable<Logprobs['content']>).slice(sentLogprobs);
    sentLogprobs += content.length;
    if (delta === '' && content.length === 0 && choice.finish_reason === null) continue;
    const kept = hidesAlternatives ? content.map((token) => ({ ...token, top_logprobs: [] })) : content;
    const logprobs = request.logprobs ? { content: kept } : null;
    if ('delta' in choice) choice.delta = { ...choice.delta, ...(delta ? { content: delta, role: 'assistant' } : {}) };
    else choice.text = delta;
    send({ ...chunk, choices: [{ ...choice, logprobs }] } as Chunk);
  }
}

function withoutAlternatives<T extends ChatCompletion | Completion>(answer: T): T {
  for (const { logprobs } of answer.choices) for (const token of logprobs?.content ?? []) token.top_logprobs = [];
  return answer;
}

function abortedBeforeFirstToken(
  type: Generation['type'],
  isStream: boolean,
  model: string,
): ChatCompletion | Completion | Chunk {
  const common = { id: crypto.randomUUID(), created: Math.floor(Date.now() / 1000), model };
  const choice = { index: 0, finish_reason: 'abort' as const, logprobs: null };
  if (type === 'complete') return { ...common, object: 'text_completion', choices: [{ ...choice, text: '' }] };
  if (isStream) return { ...common, object: 'chat.completion.chunk', choices: [{ ...choice, delta: {} }] };
  return {
    ...common,
    object: 'chat.completion',
    choices: [{ ...choice, message: { role: 'assistant', content: '' } }],
  };
}

function statsOf(pipeline: Pipeline, run: GenerationRun): GenerationStats {
  const prefillSeconds = pipeline.getCurRoundPrefillTotalTime();
  const decodeSeconds = pipeline.getCurRoundDecodingTotalTime();
  return {
    promptTokens: run.promptTokens,
    keptTokens: run.keptTokens,
    completionTokens: pipeline.getCurRoundCompletionTotalTokens(),
    prefillTokensPerSecond: perSecond(run.promptTokens, prefillSeconds),
    decodeTokensPerSecond: perSecond(pipeline.getCurRoundDecodingTotalTokens(), decodeSeconds),
    secondsToFirstToken: prefillSeconds,
  };
}

const perSecond = (count: number, seconds: number) => (seconds > 0 ? count / seconds : 0);
