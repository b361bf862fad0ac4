// A conversation as it is shown, kept and sent. Pure: ids and clocks are given by the caller.
import type { GenerationStats } from '#engine/protocol/info.ts';

/**
 * How an answer ended. `streaming` means it has not; read from the store it means the page was closed under it,
 * so it is read as `interrupted`. `cut` means a length limit ended it.
 */
export type AnswerState = 'streaming' | 'done' | 'stopped' | 'cut' | 'failed' | 'interrupted';

export type UserMessage = { id: string; role: 'user'; text: string };
export type AssistantMessage = {
  id: string;
  role: 'assistant';
  text: string;
  state: AnswerState;
  model: string;
  stats: GenerationStats | null;
};
export type Message = UserMessage | AssistantMessage;

export type Conversation = {
  id: string;
  title: string;
  createdAt: number;
  updatedAt: number;
  /** Set while it can still be brought back; it is erased for good later. */
  deletedAt: number | null;
};

export type PromptMessage = { role: 'user' | 'assistant'; content: string };

const TITLE_CHARACTERS = 64;

/** The first line of the first message that says something, cut at a word; empty when there is none. */
export function titleOf(text: string): string {
  const line = text
    .split('\n')
    .map((one) =>
      one
        .replace(/^(?:```.*|[#>*\-\s]+)/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .find((one) => one !== '');
  if (line === undefined) return '';
  const characters = [...line];
  if (characters.length <= TITLE_CHARACTERS) return line;
  const cut = characters.slice(0, TITLE_CHARACTERS - 1).join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${(lastSpace > TITLE_CHARACTERS / 2 ? cut.slice(0, lastSpace) : cut).trimEnd()}…`;
}

/** What the model is given: every turn in order, without answers that never began. */
export function promptOf(messages: readonly Message[]): PromptMessage[] {
  const prompt: PromptMessage[] = [];
  for (const message of messages) {
    if (message.role === 'assistant' && message.text === '') continue;
    const previous = prompt.at(-1);
    // Two questions in a row, because the answer between them never began: templates want turns to alternate.
    if (previous?.role === 'user' && message.role === 'user') previous.content += `\n\n${message.text}`;
    else prompt.push({ role: message.role, content: message.text });
  }
  return prompt;
}

/** True when the last message is an answer that can be asked for again. */
export function canRegenerate(messages: readonly Message[]): boolean {
  return messages.at(-1)?.role === 'assistant' && messages.at(-2)?.role === 'user';
}

/** A conversation that begins with `firstText`. */
export function newConversation(id: string, firstText: string, now: number): Conversation {
  return { id, title: titleOf(firstText), createdAt: now, updatedAt: now, deletedAt: null };
}
