// From a branch of a conversation to the messages that the model is given. Pure: what is left out is decided in context-plan.ts.
//
//   system     instructions, then the digest of what was summed up
//   exchange   a question with its attachments' text, and its answer        as often as there are
//   question   the one that is not sent yet
//
// A model that was tuned for single questions forgets a system text after the first turn, so it gets the instructions again before
// every later question. Every question then reads the same in all later prompts, so that the kept cache still holds them; saying
// them before the newest question alone would be shorter, but the cache would end there at each turn.
import type { AttachmentRef, ContextRule, ConversationSettings, Digest } from './conversation.ts';

export type PromptMessage = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };

/** A message of the branch, as far as prompts need it. */
export type SaidMessage = {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly attachments?: readonly AttachmentRef[];
  readonly rule: ContextRule;
};

/** A question with the answer to it; questions that were never answered are joined to the next. */
export type Exchange = {
  /** Of all its messages, in order. */
  readonly ids: readonly string[];
  readonly questions: readonly SaidMessage[];
  /** Null for the question that is not sent yet. */
  readonly answer: SaidMessage | null;
  /** The question's own: it counts for the answer too. */
  readonly rule: ContextRule;
};

export type PromptInputs = {
  readonly instructions: ConversationSettings['instructions'];
  readonly digest: Digest | null;
  /** Whether later questions say the instructions again. */
  readonly restates: boolean;
  /** What the model is told of a file. */
  readonly textOf: (ref: AttachmentRef) => string;
};

/** Groups a branch into exchanges. An answer without a word counts as none, and one before any question is left out. */
export function exchangesOf(branch: readonly SaidMessage[]): Exchange[] {
  const exchanges: Exchange[] = [];
  let questions: SaidMessage[] = [];
  let ids: string[] = [];
  for (const message of branch) {
    ids.push(message.id);
    if (message.role === 'user') questions.push(message);
    else if (message.text !== '' && questions.length > 0) {
      exchanges.push({ ids, questions, answer: message, rule: ruleOf(questions) });
      [questions, ids] = [[], []];
    }
  }
  if (questions.length > 0) exchanges.push({ ids, questions, answer: null, rule: ruleOf(questions) });
  return exchanges;
}

/** The digest, where it stands for exchanges of this branch and not for the question that is asked; else null. */
export function digestOf(exchanges: readonly Exchange[], digest: Digest | null): Digest | null {
  const at = digest === null ? -1 : exchanges.findIndex(({ ids }) => ids.includes(digest.upToId));
  return at >= 0 && at < exchanges.length - 1 ? digest : null;
}

/** What is left of the exchanges when a digest stands for the first of them; pinned ones stay as they are. */
export function afterDigest(exchanges: readonly Exchange[], digest: Digest | null): readonly Exchange[] {
  const last = digest === null ? -1 : exchanges.findIndex(({ ids }) => ids.includes(digest.upToId));
  return exchanges.filter(({ rule }, index) => index > last || rule === 'pinned');
}

/** Writes the prompt of these exchanges, all of them; the last one's question is what is asked. */
export function writePrompt(exchanges: readonly Exchange[], inputs: PromptInputs): PromptMessage[] {
  const { instructions, digest, restates, textOf } = inputs;
  const system = [instructions.trim(), digest === null ? '' : digestText(digest.text)].filter((text) => text !== '');
  const messages: PromptMessage[] = system.length > 0 ? [{ role: 'system', content: system.join('\n\n') }] : [];
  for (const [index, { questions, answer }] of exchanges.entries()) {
    const asked = questions.map((question) => questionText(question, textOf)).join('\n\n');
    const again = restates && index > 0 ? instructions.trim() : '';
    messages.push({ role: 'user', content: again === '' ? asked : `${again}\n\n${asked}` });
    if (answer !== null) messages.push({ role: 'assistant', content: answer.text });
  }
  return messages;
}

/** A question as the model reads it: its files first, so that the question stands nearest to the answer. */
export function questionText({ text, attachments = [] }: SaidMessage, textOf: PromptInputs['textOf']): string {
  return [...attachments.map(textOf), text].filter((part) => part !== '').join('\n\n');
}

/** How a digest is told to the model. */
export const digestText = (digest: string): string => `What was said before, in short:\n${digest.trim()}`;

function ruleOf(questions: readonly SaidMessage[]): ContextRule {
  return questions.at(-1)?.rule ?? 'auto';
}
