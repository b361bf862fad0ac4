// Messages of a request, checked: who speaks when, and that what is said is text.
import { AppError } from '#base/errors.ts';
import type { Role } from '#formats/chat-template/template-reader.ts';

export type ChatMessage = { readonly role: Role; readonly content: string };

/** A system message only in front, then a user's, and a user's last. */
export function checkMessages(messages: readonly unknown[], alternates: boolean): ChatMessage[] {
  const checked = messages.map((message, index): ChatMessage => {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    const refuse = (expected: string) => new AppError('chat-messages', { index, role: String(role), expected });
    if (role !== 'system' && role !== 'user' && role !== 'assistant') throw refuse('system, user or assistant');
    if (role === 'system' && index > 0) throw refuse('user or assistant: a system message stands first');
    return { role, content: textOf(content, index) };
  });
  const skipped = checked[0]?.role === 'system' ? 1 : 0;
  for (let index = skipped; index < Math.max(checked.length, skipped + 1); index++) {
    const role = checked[index]?.role ?? 'missing';
    const turn = (index - skipped) % 2 === 0 ? 'user' : 'assistant';
    const expected = index === skipped || index === checked.length - 1 ? 'user' : alternates ? turn : role;
    if (role !== expected) throw new AppError('chat-messages', { index, role, expected });
    if (alternates && role !== turn) throw new AppError('chat-messages', { index, role, expected: turn });
  }
  return checked;
}

/** OpenAI's content: a string, or a list of parts of which all must be text. */
export function textOf(content: unknown, index: number): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new AppError('chat-content', { index, found: typeof content });
  return content
    .map((part: { type?: unknown; text?: unknown } | null) => {
      if (part?.type === 'text' && typeof part.text === 'string') return part.text;
      throw new AppError('chat-content', { index, found: String(part?.type) });
    })
    .join('');
}
