import type { Evaluation } from '#engine/protocol/messages.ts';
import type { Pipeline } from '#engine/worker/pipeline.ts';

/** The first of the largest values, as llama.cpp's greedy sampler takes it. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) {
    if ((values[index] as number) > (values[best] as number)) best = index;
  }
  return best;
}

/**
 * Prefills `ids` into an empty cache and continues greedily, keeping the logits `[vocabulary]` of each step. WebLLM's
 * own sampling goes on underneath and is not looked at. Ends with an empty cache. `goesOn` is asked before each step: false
 * ends early with what is there, throwing ends with that.
 */
export async function evaluate(
  pipeline: Pipeline,
  ids: readonly number[],
  count: number,
  goesOn: () => boolean = () => true,
): Promise<Evaluation> {
  const result: Evaluation = { ids: [], logits: [] };
  const before = pipeline.logitProcessor;
  pipeline.logitProcessor = {
    processLogits(logits) {
      result.logits.push(new Float32Array(logits));
      return logits;
    },
    processSampledToken: () => {},
    resetState: () => {},
  };
  try {
    pipeline.resetChat();
    let next = [...ids];
    while (result.ids.length < count && goesOn()) {
      await pipeline.forwardTokensAndSample(next, result.ids.length === 0);
      const token = argmax(result.logits.at(-1) as Float32Array);
      result.ids.push(token);
      next = [token];
    }
    return result;
  } finally {
    pipeline.logitProcessor = before;
    pipeline.resetChat();
  }
}
