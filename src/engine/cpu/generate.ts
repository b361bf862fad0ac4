// One request in llama.cpp, in OpenAI's shapes: whole or chunk by chunk.
import { AppError } from '#base/errors.ts';
import { Answer } from '#engine/cpu/answer.ts';
import type { TokenLogprob } from '#engine/cpu/answer.ts';
import { samplingOf } from '#engine/cpu/cpu-request.ts';
import type { Sampling, Timings } from '#engine/cpu/llama.ts';
import type { CpuModel } from '#engine/cpu/loaded-model.ts';
import type { GenerationStats } from '#engine/protocol/info.ts';
import type { ChatCompletion, Completion } from '#engine/protocol/openai.ts';
import { INTERRUPTED } from '#engine/worker/generate.ts';
import type { Chunk, Generation, Outcome } from '#engine/worker/generate.ts';
import { checkChatRequest, checkCompletionRequest } from '#engine/worker/request-check.ts';

/** A request that has been checked, with its prompt as ids. */
export type PreparedRequest = {
  readonly type: Generation['type'];
  readonly prompt: readonly number[];
  readonly sampling: Sampling;
  readonly maxTokens: number;
  readonly answers: number;
  readonly stops: readonly string[];
  /** Null where no log probabilities were asked for. */
  readonly alternatives: number | null;
  readonly isStreamed: boolean;
  readonly includesUsage: boolean;
  readonly echo: string;
};

/** Throws `engine-request`, `cpu-cannot`, `chat-…` or `prompt-too-long`. */
export function prepareRequest(model: CpuModel, { type, request }: Generation): PreparedRequest {
  const { codec, names, prompts, contextLength } = model;
  // Checked first: a request may be anything.
  if (type === 'chat') checkChatRequest(request, names, codec.size);
  else checkCompletionRequest(request, names, codec.size);
  const sampling = samplingOf(request, model.defaults);
  const prompt = type === 'chat' ? prompts.conversation(request) : prompts.completion(request.prompt);
  if (prompt.length >= contextLength) {
    throw new AppError('prompt-too-long', { promptTokens: prompt.length, contextLength });
  }
  if (prompt.length === 0) throw new AppError('engine-request', { what: 'the prompt has no token' });
  return {
    type,
    prompt,
    sampling,
    maxTokens: Math.min(request.max_tokens ?? Infinity, contextLength - prompt.length),
    answers: request.n ?? 1,
    stops: [request.stop ?? []].flat(),
    alternatives: request.logprobs ? (request.top_logprobs ?? 0) : null,
    isStreamed: request.stream ?? false,
    includesUsage: request.stream_options?.include_usage ?? false,
    echo: type === 'complete' && request.echo ? request.prompt : '',
  };
}

/** Sends chunks, or answers whole. Rejects with the signal's reason unless that is INTERRUPTED. */
export async function generate(
  model: CpuModel,
  request: PreparedRequest,
  signal: AbortSignal,
  send: (chunk: Chunk) => void,
): Promise<Outcome> {
  const startedMs = performance.now();
  const shape = new Shape(request.type, model.record.key);
  const answers: Answer[] = [];
  const runs: (Timings | null)[] = [];
  for (let index = 0; index < request.answers; index++) {
    const onDelta = (answer: Answer) => {
      const delta = request.isStreamed ? answer.take() : null;
      if (delta || (request.isStreamed && answer.finish)) {
        send(shape.chunk((index === 0 && delta?.text) || '', delta?.logprobs ?? [], request, answer));
      }
    };
    const { answer, timings } = await runOne(model, request, index, signal, onDelta);
    answers.push(answer);
    runs.push(timings);
    if (answer.text === model.codec.decode(answer.ids)) model.prompts.remember(answer.text, answer.ids);
  }
  const stats = statsOf(runs, answers, request);
  const usage = {
    prompt_tokens: stats.promptTokens,
    completion_tokens: stats.completionTokens,
    total_tokens: stats.promptTokens + stats.completionTokens,
    extra: {
      e2e_latency_s: (performance.now() - startedMs) / 1000,
      prefill_tokens_per_s: stats.prefillTokensPerSecond,
      decode_tokens_per_s: stats.decodeTokensPerSecond,
      time_to_first_token_s: stats.secondsToFirstToken,
      time_per_output_token_s: stats.decodeTokensPerSecond > 0 ? 1 / stats.decodeTokensPerSecond : 0,
    },
  };
  if (request.isStreamed) {
    if (request.includesUsage) send(shape.usage(usage));
    return { answer: null, stats };
  }
  return { answer: shape.whole(answers, request, usage), stats };
}

async function runOne(
  model: CpuModel,
  request: PreparedRequest,
  index: number,
  signal: AbortSignal,
  onDelta: (answer: Answer) => void,
): Promise<{ answer: Answer; timings: Timings | null }> {
  const { sampling, prompt, maxTokens, stops, alternatives } = request;
  const stopIds: ReadonlySet<number> = sampling.ignoresEnd ? new Set() : model.stopIds;
  const answer = new Answer(model.codec, { stopIds, stops, maxTokens, alternatives });
  let timings: Timings | null = null;
  try {
    signal.throwIfAborted(); // it may have waited for its turn
    timings = await model.llama.run(
      {
        prompt,
        maxTokens,
        sampling: { ...sampling, seed: sampling.seed === null ? null : (sampling.seed + index) % 2 ** 31 },
        probabilities: alternatives === null ? 0 : Math.max(alternatives, 1),
        keepsCache: true,
      },
      (token) => {
        const goesOn = answer.add(token);
        if (goesOn) onDelta(answer);
        return goesOn;
      },
      signal,
    );
    // llama.cpp ended it: at its own end token, which is among ours, or where no position is left.
    answer.end('length');
  } catch (error) {
    if (error !== INTERRUPTED) throw error;
    answer.end('abort');
  }
  onDelta(answer);
  return { answer, timings };
}

function statsOf(
  runs: readonly (Timings | null)[],
  answers: readonly Answer[],
  { prompt }: PreparedRequest,
): GenerationStats {
  const [first] = runs;
  const sum = (of: (run: Timings) => number) => runs.reduce((total, run) => total + (run ? of(run) : 0), 0);
  const decodeMs = sum((run) => run.decodeMs);
  const promptMs = first?.promptMs ?? 0;
  const promptTokens = first ? first.promptTokens : prompt.length;
  return {
    promptTokens,
    keptTokens: first?.keptTokens ?? 0,
    completionTokens: answers.reduce((count, { ids }) => count + ids.length, 0),
    prefillTokensPerSecond: promptMs > 0 ? (promptTokens / promptMs) * 1000 : 0,
    decodeTokensPerSecond: decodeMs > 0 ? (sum((run) => run.decodedTokens) / decodeMs) * 1000 : 0,
    secondsToFirstToken: promptMs / 1000,
  };
}

type Usage = NonNullable<ChatCompletion['usage']>;

/** OpenAI's objects for one request. */
class Shape {
  readonly #type: Generation['type'];
  readonly #common: { readonly id: string; readonly created: number; readonly model: string };
  #hasRole = false;

  constructor(type: Generation['type'], model: string) {
    this.#type = type;
    this.#common = { id: newId(), created: Math.floor(Date.now() / 1000), model };
  }

  chunk(text: string, content: readonly TokenLogprob[], request: PreparedRequest, { finish }: Answer): Chunk {
    const isFirst = !this.#hasRole;
    this.#hasRole = true;
    const logprobs = request.alternatives === null ? null : { content: [...content] };
    const choice = { index: 0, finish_reason: finish, logprobs };
    if (this.#type === 'complete') {
      const written = (isFirst ? request.echo : '') + text;
      return { ...this.#common, object: 'text_completion', choices: [{ ...choice, text: written }] };
    }
    const delta = text === '' ? {} : { role: 'assistant' as const, content: text };
    return { ...this.#common, object: 'chat.completion.chunk', choices: [{ ...choice, delta }] };
  }

  usage(usage: Usage): Chunk {
    const object = this.#type === 'chat' ? 'chat.completion.chunk' : 'text_completion';
    return { ...this.#common, object, choices: [], usage } as Chunk;
  }

  whole(answers: readonly Answer[], request: PreparedRequest, usage: Usage): ChatCompletion | Completion {
    const choices = answers.map(({ text, finish, logprobs }, index) => {
      const choice = {
        index,
        finish_reason: finish ?? 'length',
        logprobs: request.alternatives === null ? null : { content: logprobs },
      };
      return this.#type === 'chat'
        ? { ...choice, message: { role: 'assistant', content: text } }
        : { ...choice, text: request.echo + text };
    });
    const object = this.#type === 'chat' ? 'chat.completion' : 'text_completion';
    return { ...this.#common, object, choices, usage } as ChatCompletion | Completion;
  }
}

/** Pages that are not secure have no randomUUID. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
