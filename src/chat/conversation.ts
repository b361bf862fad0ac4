// A conversation as it is shown, kept and sent. Pure: ids and clocks are given by the caller.
// Its messages are a tree; the open branch is the path from a root to `headId`.
import type { GenerationStats } from '#engine/protocol/info.ts';
import type { AttachmentRef } from './attachment.ts';

export type { AttachmentRef };

/**
 * How an answer ended. `streaming` means it has not; read from the store it means the page was closed under it,
 * so it is read as `interrupted`. `cut` means a length limit ended it.
 */
export type AnswerState = 'streaming' | 'done' | 'stopped' | 'cut' | 'failed' | 'interrupted';

/** Steers what the model is given of a message: `pinned` ones are left out last, `dropped` ones always. */
export type ContextRule = 'auto' | 'pinned' | 'dropped';

export type UserMessage = {
  id: string;
  /** Null for the first message of a conversation; several may be first. */
  parentId: string | null;
  createdAt: number;
  role: 'user';
  text: string;
  attachments: readonly AttachmentRef[];
  rule: ContextRule;
};

export type AssistantMessage = {
  id: string;
  parentId: string | null;
  createdAt: number;
  role: 'assistant';
  text: string;
  state: AnswerState;
  model: string;
  stats: GenerationStats | null;
  rule: ContextRule;
};

export type Message = UserMessage | AssistantMessage;

/** How answers of one conversation are made; null is the model's own default. */
export type ConversationSettings = {
  /** The system text; empty for none. */
  readonly instructions: string;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly repetitionPenalty: number | null;
  readonly maxTokens: number | null;
  readonly seed: number | null;
  /** The JSON schema that answers must follow, as text. */
  readonly schema: string | null;
};

export const DEFAULT_SETTINGS: ConversationSettings = {
  instructions: '',
  temperature: null,
  topP: null,
  repetitionPenalty: null,
  maxTokens: null,
  seed: null,
  schema: null,
};

/** Stands for everything on the branch up to and including one message. */
export type Digest = { readonly upToId: string; readonly text: string };

export type Conversation = {
  readonly id: string;
  readonly title: string;
  /** Who gave the title: the first words, the model, or the person, whose title nothing else replaces. */
  readonly titleBy: 'text' | 'model' | 'person';
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Set while it can still be brought back; it is erased for good later. */
  readonly deletedAt: number | null;
  readonly archivedAt: number | null;
  readonly pinnedAt: number | null;
  readonly folder: string | null;
  /** The last message of the open branch. */
  readonly headId: string | null;
  readonly settings: ConversationSettings;
  readonly digest: Digest | null;
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
export function promptOf(branch: readonly Pick<Message, 'role' | 'text'>[]): PromptMessage[] {
  const prompt: PromptMessage[] = [];
  for (const message of branch) {
    if (message.role === 'assistant' && message.text === '') continue;
    const previous = prompt.at(-1);
    // Two questions in a row, because the answer between them never began: templates want turns to alternate.
    if (previous?.role === 'user' && message.role === 'user') previous.content += `\n\n${message.text}`;
    else prompt.push({ role: message.role, content: message.text });
  }
  return prompt;
}

/** True when a branch ends with a question, or with an answer to one: it can be answered, or answered once more. */
export function canRegenerate(branch: readonly Pick<Message, 'role'>[]): boolean {
  const last = branch.at(-1)?.role;
  return last === 'user' || (last === 'assistant' && branch.at(-2)?.role === 'user');
}

/** A conversation that begins with `firstText`. */
export function newConversation(
  id: string,
  firstText: string,
  now: number,
  settings: ConversationSettings = DEFAULT_SETTINGS,
): Conversation {
  return {
    id,
    title: titleOf(firstText),
    titleBy: 'text',
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
    archivedAt: null,
    pinnedAt: null,
    folder: null,
    headId: null,
    settings,
    digest: null,
  };
}
