import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Answer, type AnswerRules } from '#engine/cpu/answer.ts';
import { samplingOf } from '#engine/cpu/cpu-request.ts';
import { TextCodec } from '#engine/cpu/text-codec.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import { metadataOf } from '#tests/support/tokenizer/vocabulary-file.ts';

const SMOLLM2 = 'static/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf';
const codec = new TextCodec(createTokenizerJson(metadataOf(new Uint8Array(readFileSync(SMOLLM2)))).json);
const END = 2;

function run(text: string, rules: Partial<AnswerRules> = {}) {
  const answer = new Answer(codec, { stopIds: new Set([END]), stops: [], maxTokens: 99, alternatives: null, ...rules });
  const sent: string[] = [];
  for (const id of [...codec.encode(text), END]) {
    const goesOn = answer.add({ id, logprob: -1, alternatives: [{ id, logprob: -1 }] });
    sent.push(answer.take()?.text ?? '');
    if (!goesOn) break;
  }
  return { answer, sent };
}

test('sends no half of a character, and the same in sum as whole', () => {
  const { answer, sent } = run('I 🤗 you, 안녕');
  expect(answer.text).toBe('I 🤗 you, 안녕');
  expect(sent.join('')).toBe(answer.text);
  expect(sent.join('|')).not.toContain('\uFFFD');
  expect(answer.finish).toBe('stop');
});

test('ends before a stop string, of which nothing was sent', () => {
  const { answer, sent } = run('one two STOP three', { stops: [' STOP th'] });
  expect(answer).toMatchObject({ text: 'one two', finish: 'stop' });
  expect(sent.join('')).toBe('one two');
});

test('ends at its length, and keeps the first reason', () => {
  const { answer } = run('one two three', { maxTokens: 2, alternatives: 1 });
  expect(answer).toMatchObject({ text: 'one two', finish: 'length' });
  expect(answer.logprobs.map(({ token, top_logprobs }) => [token, top_logprobs.length])).toEqual([
    ['one', 1],
    [' two', 1],
  ]);
  answer.end('abort');
  expect(answer.finish).toBe('length');
});

test('bytes that never become a character show as one', () => {
  const answer = new Answer(codec, { stopIds: new Set(), stops: [], maxTokens: 99, alternatives: null });
  answer.add({ id: codec.encode('🤗')[0]!, logprob: 0, alternatives: [] });
  expect(answer.take()).toBeNull();
  answer.end('abort');
  expect(answer.take()?.text).toBe('\uFFFD');
});

test('a request stands before the load’s settings, and those before ours', () => {
  const messages = [{ role: 'user' as const, content: 'x' }];
  const sampling = samplingOf({ messages, temperature: 0 }, { temperature: 1, top_p: 0.5 });
  expect(sampling).toMatchObject({ temperature: 0, topP: 0.5, repetitionPenalty: 1, seed: null });
  const code = (more: object) => {
    try {
      samplingOf({ messages, ...more }, {});
      return null;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  for (const bad of [
    { top_p: 0 },
    { top_logprobs: 2 },
    { seed: 0.5 },
    { logit_bias: { 1: 101 } },
    { stream: true, n: 2 },
  ]) {
    expect(code(bad), JSON.stringify(bad)).toBe('engine-request');
  }
  expect(code({ response_format: { type: 'grammar', grammar: 'root ::= "x"' } })).toBe('cpu-cannot');
  expect(code({ frequency_penalty: -2, seed: -5 })).toBeNull();
});
