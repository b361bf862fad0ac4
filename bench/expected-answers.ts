// llama.cpp's own greedy answers, against which every engine's is judged.
import { openLlama, type LlamaStep } from '#tests/support/llama.ts';
import type { Expected } from './judge.ts';

function marginOf({ id, logprobs }: LlamaStep): number {
  let second = -Infinity;
  logprobs.forEach((logprob, other) => {
    if (other !== id && logprob > second) second = logprob;
  });
  return logprobs[id]! - second;
}

/** What llama.cpp (its native build, CPU) answers greedily to each prompt, as many tokens long as asked. */
export async function expectAnswers<Name extends string>(
  ggufPath: string,
  questions: Readonly<Record<Name, { readonly prompt: string; readonly tokens: number }>>,
): Promise<Record<Name, Expected>> {
  const llama = await openLlama(ggufPath, 1024);
  try {
    const answers = {} as Record<Name, Expected>;
    for (const [name, question] of Object.entries(questions) as [Name, { prompt: string; tokens: number }][]) {
      const promptIds = llama.tokenize(question.prompt, false);
      const steps = await llama.greedy(promptIds, question.tokens);
      const ids = steps.map(({ id }) => id);
      const textOf = (end: number) => llama.model.detokenize(ids.slice(0, end) as never);
      answers[name] = {
        promptTokens: promptIds.length,
        ids,
        text: textOf(ids.length),
        startsAt: ids.map((_id, at) => textOf(at).length),
        margins: steps.map(marginOf),
      };
    }
    return answers;
  } finally {
    await llama.close();
  }
}
