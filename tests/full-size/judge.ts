// Holds our logits against llama.cpp's on the same weights, along our own greedy path.
import { openLlama, type LlamaStep } from '#tests/support/llama.ts';

export type Answer = { readonly ids: readonly number[]; readonly logits: readonly ArrayLike<number>[] };

export type Verdict = {
  /** Steps whose token is llama.cpp's too. */
  readonly same: number;
  /** Where it is not: by how much llama.cpp prefers its own, natural logarithm. */
  readonly margins: readonly number[];
  /** Log-probabilities that were compared, of all steps. */
  readonly compared: number;
  /** Root of the mean squared difference of log-probabilities, and their largest difference. */
  readonly deviation: number;
  readonly worst: number;
  /** Deviation of our logits within a step: what a wrong result would differ by. */
  readonly spread: number;
};

/** Below this, llama.cpp's float32 probabilities are too coarse to compare. */
const LEAST_LOGPROB = -20;

/** What llama.cpp expects after each token of the answer, on the file at `path`. */
export async function askLlama(
  path: string,
  prompt: readonly number[],
  ids: readonly number[],
  contextSize = 128,
): Promise<LlamaStep[]> {
  const llama = await openLlama(path, contextSize);
  try {
    return await llama.score([...prompt, ...ids.slice(0, -1)], ids.length);
  } finally {
    await llama.close();
  }
}

/** Says how far `answer` is from what llama.cpp expects at each of its steps. */
export function judge(answer: Answer, steps: readonly LlamaStep[]): Verdict {
  const margins: number[] = [];
  let compared = 0;
  let squares = 0;
  let worst = 0;
  steps.forEach(({ id, logprobs }, step) => {
    const ours = logprobsOf(answer.logits[step]!);
    const chosen = answer.ids[step]!;
    if (chosen !== id) margins.push(logprobs[id]! - logprobs[chosen]!);
    logprobs.forEach((theirs, token) => {
      if (theirs < LEAST_LOGPROB) return;
      const difference = Math.abs(theirs - ours[token]!);
      compared++;
      squares += difference ** 2;
      worst = Math.max(worst, difference);
    });
  });
  const deviation = Math.sqrt(squares / compared);
  return { same: steps.length - margins.length, margins, compared, deviation, worst, spread: spreadOf(answer) };
}

export function logprobsOf(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const top = values.reduce((a, b) => Math.max(a, b));
  const sum = values.reduce((total, logit) => total + Math.exp(logit - top), 0);
  return values.map((logit) => logit - top - Math.log(sum));
}

function spreadOf({ logits }: Answer): number {
  const numbers = Float64Array.from(logits[0]!);
  const mean = numbers.reduce((total, value) => total + value, 0) / numbers.length;
  return Math.sqrt(numbers.reduce((total, value) => total + (value - mean) ** 2, 0) / numbers.length);
}
