// Older turns summed up by the model itself, so that a long conversation can go on in a short context. The messages stay; the digest
// only stands for them in the prompt.
import type { Digest } from './conversation.ts';
import { afterDigest, digestOf, writePrompt, type Exchange, type PromptInputs, type PromptMessage } from './prompt.ts';

/** What the newest exchanges say stays word for word. */
const KEPT_EXCHANGES = 1;

const QUESTION =
  'Sum up our conversation so far, so that you can go on with it without reading it again: facts, names, numbers, decisions ' +
  'and open questions. At most 150 words, in the language of the conversation. Write only the summary.';

/** The answered exchanges that a digest can stand for: the oldest that are neither in one already nor pinned nor dropped. */
export function exchangesToSumUp(exchanges: readonly Exchange[], digest: Digest | null): readonly Exchange[] {
  const answered = exchanges.filter(({ answer }) => answer !== null);
  const known = digestOf(exchanges, digest);
  return afterDigest(answered, known)
    .slice(0, known === null && answered.length <= KEPT_EXCHANGES ? 0 : -KEPT_EXCHANGES)
    .filter(({ rule }) => rule === 'auto');
}

/** Asks for a digest of these exchanges, after what is summed up already. */
export function digestPrompt(
  exchanges: readonly Exchange[],
  digest: Digest | null,
  textOf: PromptInputs['textOf'],
): PromptMessage[] {
  const inputs: PromptInputs = { instructions: '', digest, restates: false, textOf };
  return [...writePrompt(exchanges, inputs), { role: 'user', content: QUESTION }];
}

/** Cuts the exchanges into runs of which each fits into `roomTokens`; one that is longer stands alone. */
export function digestRuns(exchanges: readonly Exchange[], sizes: readonly number[], roomTokens: number): Exchange[][] {
  const runs: Exchange[][] = [];
  let used = Infinity;
  for (const [index, exchange] of exchanges.entries()) {
    const size = sizes[index] ?? 0;
    if (used + size > roomTokens) {
      runs.push([]);
      used = 0;
    }
    runs.at(-1)!.push(exchange);
    used += size;
  }
  return runs;
}

/** Of a model's answer to `digestPrompt`; null when it says nothing. */
export function parseDigest(text: string, upToId: string): Digest | null {
  const said = text.trim();
  return said === '' ? null : { upToId, text: said };
}
