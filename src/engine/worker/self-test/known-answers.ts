import { AppError } from '#base/errors.ts';
import { evaluate } from '#engine/worker/evaluate.ts';
import type { LoadedModel } from '#engine/worker/loaded-model.ts';

/** Tokens compared at most: each costs a whole forward pass. */
const MAX_TOKENS = 8;

/**
 * Two tokens whose logits lie closer than this may change places from one correct machine to another: sums are made in
 * another order, and the KV cache is f16.
 */
const TIE_MARGIN = 0.25;

/** Continues the first known prompt greedily and compares with its record. Returns the tokens compared; throws `self-test-failed`. */
export async function checkKnownAnswer({ pipeline, model }: LoadedModel, deadlineMs: number): Promise<number> {
  const [known] = model.knownAnswers;
  if (!known) return 0;
  const count = Math.min(MAX_TOKENS, known.continuation.length);
  let steps = 0;
  // At least one token, however late it is: that one pass through the whole model says the most.
  const goesOn = () => steps++ === 0 || performance.now() < deadlineMs;
  const { ids, logits } = await evaluate(pipeline, known.prompt, count, goesOn);
  for (let at = 0; at < ids.length; at++) {
    const [got, expected] = [ids[at] as number, known.continuation[at] as number];
    if (got === expected) continue;
    const step = logits[at] as Float32Array;
    const distance = (step[got] as number) - (step[expected] as number);
    if (distance <= TIE_MARGIN) return at; // a tie: what follows is another text
    throw new AppError('self-test-failed', {
      check: `token ${at} after a known prompt`,
      value: `${got}, whose logit is ${distance} above that of the known one,`,
      expected: String(expected),
      tolerance: String(TIE_MARGIN),
    });
  }
  return ids.length;
}
