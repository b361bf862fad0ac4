// What the readers of other programs' exports share. Ids are made from theirs, so that the same conversation is known again
// when it comes a second time.
import { newConversation } from '../conversation.ts';
import type { AssistantMessage, Conversation, Message, UserMessage } from '../conversation.ts';
import { mendTree, newestHead } from '../tree.ts';
import type { Kept } from './kept.ts';

const MAX_MESSAGES = 50_000;
const MAX_TEXT = 4_000_000;
const MAX_TITLE = 300;

/** Null when a conversation is larger than any that people have; it is not cut. */
export const withinLimits = (kept: Kept): Kept | null =>
  kept.messages.length <= MAX_MESSAGES && kept.messages.every(({ text }) => text.length <= MAX_TEXT) ? kept : null;

/** One message of another program; `parentId` names the nearest message that is shown. */
export type ForeignMessage = {
  readonly id: string;
  readonly parentId: string | null;
  readonly createdAt: number | null;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly model: string;
};

export type ForeignConversation = {
  readonly id: string;
  readonly title: string;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  readonly headId: string | null;
  readonly instructions: string;
  readonly isArchived: boolean;
  readonly isPinned: boolean;
  readonly messages: readonly ForeignMessage[];
};

/** A conversation of ours from one of another program; null when it has no messages or too much. */
export function keptOf(program: string, from: ForeignConversation, now: number): Kept | null {
  if (from.messages.length === 0) return null;
  const conversationId = `${program}-${from.id}`;
  const idOf = (id: string): string => `${conversationId}-${id}`;
  const createdAt = from.createdAt ?? from.updatedAt ?? now;
  const messages = from.messages.map((one, at): Message => {
    const place = {
      id: idOf(one.id),
      parentId: one.parentId === null ? null : idOf(one.parentId),
      createdAt: one.createdAt ?? createdAt + at,
      text: one.text,
      rule: 'auto' as const,
    };
    if (one.role === 'user') return { ...place, role: 'user', attachments: [] } satisfies UserMessage;
    return { ...place, role: 'assistant', state: 'done', model: one.model, stats: null } satisfies AssistantMessage;
  });
  const mended = mendTree(messages);
  const headId = from.headId === null ? null : idOf(from.headId);
  const begun = newConversation(
    conversationId,
    from.messages.find(({ role }) => role === 'user')?.text ?? '',
    createdAt,
  );
  const title = from.title.replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE);
  const conversation: Conversation = {
    ...begun,
    title: title || begun.title,
    titleBy: title === '' ? 'text' : 'person',
    updatedAt: from.updatedAt ?? Math.max(createdAt, ...mended.slice(-1).map((one) => one.createdAt)),
    archivedAt: from.isArchived ? now : null,
    pinnedAt: from.isPinned ? now : null,
    headId: mended.some(({ id }) => id === headId) ? headId : newestHead(mended),
    settings: { ...begun.settings, instructions: from.instructions },
  };
  return withinLimits({ conversation, messages: mended, attachments: [] });
}

/** Seconds since 1970, as other programs count, in milliseconds; null for anything that is no sensible time. */
export function timeOf(seconds: unknown): number | null {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return null;
  const ms = Math.round(seconds > 1e11 ? seconds : seconds * 1000); // some write milliseconds
  return ms < 8.64e15 ? ms : null;
}

/**
 * For each node that is shown its nearest ancestor that is shown too. Parents come from a file: they may be missing or
 * run in circles.
 */
export function shownParents(
  parentOf: ReadonlyMap<string, string | null>,
  isShown: (id: string) => boolean,
): Map<string, string | null> {
  const nearest = new Map<string, string | null>(); // of any node: itself if shown, else the nearest above it
  const nearestOf = (start: string | null): string | null => {
    const walked: string[] = [];
    let at = start;
    while (at !== null && parentOf.has(at) && !nearest.has(at) && !isShown(at) && !walked.includes(at)) {
      walked.push(at);
      at = parentOf.get(at)!;
    }
    const found = at === null || !parentOf.has(at) ? null : isShown(at) ? at : (nearest.get(at) ?? null);
    for (const id of walked) nearest.set(id, found);
    return found;
  };
  const parents = new Map<string, string | null>();
  for (const [id, parent] of parentOf) if (isShown(id)) parents.set(id, nearestOf(parent));
  return parents;
}
