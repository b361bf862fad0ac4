// What a request asks of the CPU engine, checked: the ranges that WebLLM checks for the other one, and what cannot be had here.
import { AppError } from '#base/errors.ts';
import type { ChatOptions } from '@mlc-ai/web-llm';
import type { Sampling } from '#engine/cpu/llama.ts';
import type { ChatRequest, CompletionRequest } from '#engine/protocol/openai.ts';

/** Settings of a load that stand where a request says nothing. */
export type SamplingDefaults = Pick<
  ChatOptions,
  'temperature' | 'top_p' | 'frequency_penalty' | 'presence_penalty' | 'repetition_penalty'
>;

/** The same as in the chat configuration that WebLLM is given. */
const DEFAULTS = { temperature: 0.7, top_p: 0.9, frequency_penalty: 0, presence_penalty: 0, repetition_penalty: 1 };

type Any = ChatRequest | CompletionRequest;

/** Throws `engine-request` for a number outside its range, `cpu-cannot` for what only the GPU engine does. */
export function samplingOf(request: Any, overrides: SamplingDefaults): Sampling {
  refuseUnable(request);
  const number = (name: keyof typeof DEFAULTS, least: number, most: number): number => {
    const value = request[name] ?? overrides[name] ?? DEFAULTS[name];
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw refusal(`${name} is ${String(value)}; it must be a number from ${least} to ${most}`);
  };
  const { seed, logit_bias, ignore_eos, logprobs, top_logprobs } = request;
  if (seed !== undefined && seed !== null && !Number.isSafeInteger(seed)) {
    throw refusal(`seed is ${String(seed)}; it must be a whole number`);
  }
  const isCount = Number.isInteger(top_logprobs ?? 0) && (top_logprobs ?? 0) >= 0 && (top_logprobs ?? 0) <= 5;
  if (!isCount) throw refusal(`top_logprobs is ${String(top_logprobs)}; it must be a whole number from 0 to 5`);
  if (top_logprobs && !logprobs) throw refusal('top_logprobs needs logprobs to be true');
  return {
    temperature: number('temperature', 0, Number.MAX_VALUE),
    topP: number('top_p', Number.MIN_VALUE, 1),
    frequencyPenalty: number('frequency_penalty', -2, 2),
    presencePenalty: number('presence_penalty', -2, 2),
    repetitionPenalty: number('repetition_penalty', Number.MIN_VALUE, Number.MAX_VALUE),
    bias: Object.entries(logit_bias ?? {}).map(([id, bias]) => {
      if (typeof bias === 'number' && bias >= -100 && bias <= 100) return [Number(id), bias] as const;
      throw refusal(`logit_bias of ${id} is ${String(bias)}; it must be a number from -100 to 100`);
    }),
    // llama.cpp takes 32 bits.
    seed: seed === undefined || seed === null ? null : Number(BigInt.asUintN(31, BigInt(seed))),
    ignoresEnd: ignore_eos ?? false,
  };
}

function refuseUnable(request: Any): void {
  const { response_format, tools } = request as ChatRequest;
  const type = response_format?.type ?? 'text';
  if (type !== 'text') throw new AppError('cpu-cannot', { what: `response_format of the type ${type}` });
  if (tools && tools.length > 0) throw new AppError('cpu-cannot', { what: 'tools' });
  if (request.stream && (request.n ?? 1) > 1) throw refusal('n must be 1 for an answer that is streamed');
}

function refusal(what: string): AppError {
  return new AppError('engine-request', { what });
}
