// A title that the model proposes for a conversation, from its first question and answer.
import { titleOf } from './conversation.ts';
import type { Message, PromptMessage } from './conversation.ts';

/** Enough of each to know what it is about. */
const SHOWN_CHARACTERS = 600;
export const TITLE_TOKENS = 24;
const MOST_WORDS = 12;

/** Asks for a title; null when there is nothing yet that could have one. */
export function titlePrompt(branch: readonly Message[]): PromptMessage[] | null {
  const question = branch.find(({ role }) => role === 'user')?.text.trim() ?? '';
  const answer = branch.find(({ role }) => role === 'assistant');
  if (question === '' || answer?.role !== 'assistant' || answer.state !== 'done' || answer.text === '') return null;
  const content =
    `Question:\n${question.slice(0, SHOWN_CHARACTERS)}\n\nAnswer:\n${answer.text.slice(0, SHOWN_CHARACTERS)}\n\n` +
    'Write a title of at most six words for this conversation, in the language of the question. Write only the title.';
  return [{ role: 'user', content }];
}

/** The title in what a model wrote; null when it wrote something else. */
export function parseTitle(text: string): string | null {
  const line = titleOf(text)
    .replace(/^(?:title|titre|título|titel|العنوان|제목)\s*[:：]\s*/iu, '')
    .replace(/^[\s"'“”„«»*_`]+|[\s"'“”«»*_`.。]+$/gu, '');
  return line === '' || line.endsWith('…') || line.split(/\s+/).length > MOST_WORDS ? null : line;
}
