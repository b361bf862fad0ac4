import { describe, expect, it } from 'vitest';
import { isAppError } from '#base/errors.ts';
import type { ChatRequest, CompletionRequest } from '#engine/protocol/openai.ts';
import { JSON_OBJECT_GRAMMAR } from '#engine/worker/json-grammar.ts';
import { checkChatRequest, checkCompletionRequest, checkIds, hidesAlternatives } from '#engine/worker/request-check.ts';

const user = { role: 'user' as const, content: 'Hi' };
const check = (request: unknown) => checkChatRequest(request as ChatRequest, ['m', 'm-key'], 100);

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isAppError(error, 'engine-request') || isAppError(error, 'model-unknown')) return error.message;
    throw error;
  }
  return 'not refused';
}

describe('a chat request', () => {
  it('passes as it is when nothing is wrong, whatever name of the model it uses', () => {
    const request: ChatRequest = { messages: [user], temperature: 0, model: 'm-key', stop: ['a', 'b'], n: 2 };
    expect(check(request)).toEqual({ ...request, model: null });
  });

  it.each([
    [null, 'no object'],
    [{}, 'messages must be'],
    [{ messages: [] }, 'messages must be'],
    [{ messages: [user], n: 0 }, 'n is 0'],
    [{ messages: [user], n: 17 }, 'n is 17'],
    [{ messages: [user], max_tokens: 1.5 }, 'max_tokens is 1.5'],
    [{ messages: [user], stop: '' }, 'stop must be'],
    [{ messages: [user], stop: Array(17).fill('x') }, '17 strings'],
    [{ messages: [user], logit_bias: { 100: 1 } }, 'token 100'],
    [{ messages: [user], logit_bias: { ' 1': 1 } }, 'token  1'],
    [{ messages: [user], model: 'other' }, 'Known: m, m-key'],
  ])('is refused with what is wrong: %j', (request, words) => {
    expect(refusal(() => check(request))).toContain(words);
  });

  it('for JSON without a schema gets the grammar of JSON objects', () => {
    const format = (response_format: unknown) => check({ messages: [user], response_format }).response_format;
    expect(format({ type: 'json_object' })).toEqual({ type: 'grammar', grammar: JSON_OBJECT_GRAMMAR });
    expect(format({ type: 'json_object', schema: '{}' })).toEqual({ type: 'json_object', schema: '{}' });
    expect(format({ type: 'text' })).toEqual({ type: 'text' });
  });

  it('for log probabilities alone asks for one alternative, to be hidden', () => {
    const alone = { messages: [user], logprobs: true };
    expect(check(alone).top_logprobs).toBe(1);
    expect(hidesAlternatives(alone)).toBe(true);
    expect(check({ ...alone, top_logprobs: 3 }).top_logprobs).toBe(3);
    expect(hidesAlternatives({ ...alone, top_logprobs: 3 })).toBe(false);
  });
});

describe('a completion request', () => {
  it('needs a prompt', () => {
    const complete = (prompt: unknown) => checkCompletionRequest({ prompt } as CompletionRequest, ['m'], 100);
    expect(refusal(() => complete(''))).toContain('prompt');
    expect(refusal(() => complete(undefined))).toContain('prompt');
    expect(complete('x').prompt).toBe('x');
  });
});

describe('token ids', () => {
  it('are whole numbers within the vocabulary, and not too many', () => {
    expect(refusal(() => checkIds([0, 99], 100, 2))).toBe('not refused');
    expect(refusal(() => checkIds([100], 100, 2))).toContain('100 is no token id');
    expect(refusal(() => checkIds([-1], 100, 2))).toContain('-1');
    expect(refusal(() => checkIds([NaN], 100, 2))).toContain('NaN');
    expect(refusal(() => checkIds([1, 2, 3], 100, 2))).toContain('at most 2');
    expect(refusal(() => checkIds('12' as never, 100, 2))).toContain('list');
  });
});
