import { AppError } from '#base/errors.ts';
import type { Sampling, Token } from '#engine/cpu/llama.ts';
import type { CpuModel } from '#engine/cpu/loaded-model.ts';
import type { Evaluation } from '#engine/protocol/messages.ts';

const GREEDY: Sampling = {
  temperature: 0,
  topP: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  repetitionPenalty: 1,
  bias: [],
  seed: 0,
  ignoresEnd: false,
};

/**
 * Prefills `ids` into an empty cache and continues greedily, one request a token, so that an end token does not stop it. llama.cpp
 * tells log probabilities: logits less one number that is the same for the whole vocabulary.
 */
export async function evaluate(
  model: CpuModel,
  ids: readonly number[],
  count: number,
  signal: AbortSignal,
): Promise<Evaluation> {
  const result: Evaluation = { ids: [], logits: [] };
  const vocabularySize = model.codec.size;
  for (let step = 0; step < count; step++) {
    let token: Token | null = null;
    const request = {
      prompt: [...ids, ...result.ids],
      maxTokens: 1,
      sampling: GREEDY,
      probabilities: vocabularySize,
      keepsCache: step > 0,
    };
    const onToken = (next: Token) => {
      token = next;
      return false;
    };
    await model.llama.run(request, onToken, signal);
    const { id, alternatives } = (token ?? missing()) as Token;
    const logits = new Float32Array(vocabularySize).fill(-Infinity);
    for (const { id: one, logprob } of alternatives) logits[one] = logprob;
    result.ids.push(id);
    result.logits.push(logits);
  }
  return result;
}

function missing(): never {
  throw new AppError('cpu-failed', { reason: 'it gave no token' });
}
