// How many tokens each message of a conversation takes, to the token: what WebLLM prefills is a list of strings, each encoded by
// itself (conversation.ts), so the counts of those strings add up to the prompt.
import { checkMessages } from '#formats/chat-template/check-messages.ts';
import { prepareMessages, type ChatFormat } from '#formats/chat-template/conversation.ts';
import { CONTINUES, stripSentinels } from '#formats/tokenizer/sentinels.ts';

export type PromptCount = {
  /** Tokens of the whole prompt, the start mark and the opening of the answer included. */
  readonly total: number;
  /** Of it, what each message takes with the template's marks around it; they add up to the total. */
  readonly messages: readonly number[];
};

/**
 * Counts the prompt of a conversation whose last message is a user's. `count` gives the tokens of one text, control tokens written
 * as sentinels. Throws `chat-messages` and `chat-content` as `prepareMessages` does.
 */
export function countPrompt(
  format: ChatFormat,
  messages: readonly unknown[],
  count: (text: string) => number,
): PromptCount {
  const checked = checkMessages(messages, format.family.table.alternates);
  const strings = prepareMessages(format, checked).map(({ role, content, name }) =>
    role === 'user' ? content : (name ?? (format.prependsSpace ? CONTINUES : '')) + content,
  );
  const counts = checked.map(() => 0);
  let at = 0;
  // A string of the user's side holds every message up to the next answer; all but the system text counts for its last.
  for (const [index, { role }] of checked.entries()) {
    const endsTurn = role === 'assistant' || checked[index + 1]?.role !== 'user' || index === checked.length - 1;
    if (role !== 'system' && endsTurn) counts[index] = count(strings[at++] ?? '');
  }
  while (at < strings.length) counts[counts.length - 1]! += count(strings[at++]!);
  if (checked[0]?.role === 'system' && checked.length > 1) {
    const bare = prepareMessages(format, checked.slice(1))[0];
    const first = counts.findIndex((tokens, index) => index > 0 && tokens > 0);
    // A template may have a system text of its own that gives way to this one, so the difference alone can be too small.
    const difference = counts[first]! - count(bare?.content ?? '');
    const own = Math.min(counts[first]! - 1, Math.max(difference, count(stripSentinels(checked[0].content))));
    counts[0] = own;
    counts[first]! -= own;
  }
  const first = counts.findIndex((tokens) => tokens > 0);
  counts[Math.max(0, first)]! += format.prefixIds.length;
  return { total: counts.reduce((sum, tokens) => sum + tokens, 0), messages: counts };
}
