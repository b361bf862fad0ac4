import type { AssistantMessage, Message, UserMessage } from '#chat/conversation.ts';

export const question = (id: string, text = id, more: Partial<UserMessage> = {}): UserMessage => ({
  id,
  parentId: null,
  createdAt: 0,
  role: 'user',
  text,
  attachments: [],
  rule: 'auto',
  ...more,
});

export const answer = (id: string, text = id, more: Partial<AssistantMessage> = {}): AssistantMessage => ({
  id,
  parentId: null,
  createdAt: 0,
  role: 'assistant',
  text,
  state: 'done',
  model: 'm',
  stats: null,
  rule: 'auto',
  ...more,
});

/** Makes one branch of messages: each follows the one before it, a moment later. */
export const chained = <One extends Message>(messages: readonly One[]): One[] =>
  messages.map((one, at) => ({ ...one, parentId: messages[at - 1]?.id ?? null, createdAt: at + 1 }));

/** Repeatable numbers in [0, 1) for tests with random shapes. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A tree of `count` messages in random order of parents, some of them roots. */
export function randomTree(seed: number, count: number): Message[] {
  const next = seeded(seed);
  const messages: Message[] = [];
  for (let at = 0; at < count; at++) {
    const parent = at === 0 || next() < 0.1 ? null : messages[Math.floor(next() * at)]!;
    const place = { parentId: parent?.id ?? null, createdAt: at + 1 };
    messages.push(parent?.role === 'user' ? answer(`m${at}`, `m${at}`, place) : question(`m${at}`, `m${at}`, place));
  }
  return messages;
}
