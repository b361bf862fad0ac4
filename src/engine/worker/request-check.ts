import { AppError } from '#base/errors.ts';
import type { ChatRequest, CompletionRequest } from '#engine/protocol/openai.ts';
import { JSON_OBJECT_GRAMMAR } from '#engine/worker/json-grammar.ts';

// Requests come from any page's script. WebLLM checks ranges and the chat format checks roles and contents; here is what
// WebLLM would take and fail on later.

/** Answers to one request. Each is a whole generation. */
const MAX_ANSWERS = 16;
const MAX_STOPS = 16;

type Common = ChatRequest | CompletionRequest;

/** The request as WebLLM takes it. `names` are the names the loaded model answers to. Throws `engine-request`. */
export function checkChatRequest(request: ChatRequest, names: readonly string[], vocabularySize: number): ChatRequest {
  checkObject(request);
  const { messages, response_format } = request;
  checkList(messages);
  const checked = checkCommon(request, names, vocabularySize);
  // WebLLM 0.2.86 fails on JSON without a schema; the grammar of JSON objects is the same thing.
  if (response_format?.type === 'json_object' && (response_format.schema ?? null) === null) {
    return { ...checked, response_format: { type: 'grammar', grammar: JSON_OBJECT_GRAMMAR } };
  }
  return checked;
}

export function checkCompletionRequest(
  request: CompletionRequest,
  names: readonly string[],
  vocabularySize: number,
): CompletionRequest {
  checkObject(request);
  if (typeof request.prompt !== 'string' || request.prompt === '') refuse('prompt must be text, and not empty');
  return checkCommon(request, names, vocabularySize);
}

function checkCommon<T extends Common>(request: T, names: readonly string[], vocabularySize: number): T {
  const { model, n, stop, logit_bias, logprobs, top_logprobs, max_tokens } = request;
  if (typeof model === 'string' && !names.includes(model)) {
    throw new AppError('model-unknown', { model, known: names.join(', ') });
  }
  checkCount('n', n, MAX_ANSWERS);
  checkCount('max_tokens', max_tokens, Number.MAX_SAFE_INTEGER);
  const stops = Array.isArray(stop) ? stop : stop === undefined || stop === null ? [] : [stop];
  if (stops.length > MAX_STOPS) refuse(`stop lists ${stops.length} strings; at most ${MAX_STOPS} are possible`);
  if (stops.some((text) => typeof text !== 'string' || text === '')) refuse('stop must be text, and not empty');
  for (const id of Object.keys(logit_bias ?? {})) {
    const isId = /^\d+$/.test(id) && Number(id) < vocabularySize;
    if (!isId) refuse(`logit_bias names the token ${id}; ids are 0 to ${vocabularySize - 1}`);
  }
  const checked: T = { ...request, model: null };
  // WebLLM gives no log probabilities at all unless at least one alternative is asked for.
  if (logprobs && !top_logprobs) checked.top_logprobs = 1;
  return checked;
}

/** Whether the alternatives in the answer are only there because of `checkCommon`. */
export function hidesAlternatives(request: Common): boolean {
  return Boolean(request.logprobs) && !request.top_logprobs;
}

/** Token ids from outside, for `evaluate` and `detokenize`. */
export function checkIds(ids: readonly number[], vocabularySize: number, max: number): void {
  if (!Array.isArray(ids) || ids.length > max) refuse(`ids must be a list of at most ${max} token ids`);
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
  if (wrong !== undefined) refuse(`${String(wrong)} is no token id; ids are 0 to ${vocabularySize - 1}`);
}

export function checkCount(name: string, value: number | null | undefined, max: number): void {
  if (value === undefined || value === null) return;
  if (!Number.isInteger(value) || value < 1 || value > max)
    refuse(`${name} is ${String(value)}; it must be a whole number from 1 to ${max}`);
}

/** Messages of a request, before their chat format checks each. */
export function checkList(messages: unknown): asserts messages is readonly unknown[] {
  if (!Array.isArray(messages) || messages.length === 0) refuse('messages must be a list with at least one message');
}

function checkObject(request: unknown): void {
  if (typeof request !== 'object' || request === null) refuse('it is no object');
}

function refuse(what: string): never {
  throw new AppError('engine-request', { what });
}
