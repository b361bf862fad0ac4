import type { Message } from '../conversation.ts';
import type { ChatStore } from '../store.ts';
import type { Kept } from './kept.ts';

export type BroughtIn = 'new' | 'known' | 'grown';

/**
 * Keeps an imported conversation. Of one that is here already, only messages that are not come in, beside what is there;
 * nothing that is kept is ever changed.
 */
export async function bringIn(store: ChatStore, kept: Kept, newId: () => string): Promise<BroughtIn> {
  const { id } = kept.conversation;
  const here = await store.conversation(id);
  if (here !== null && here.deletedAt !== null) await store.restore(id);
  const owners = await store.ownersOf(kept.messages.map((one) => one.id));
  if (here !== null) {
    const missing = kept.messages.filter((one) => !owners.has(one.id));
    if (missing.length === 0) return here.deletedAt === null ? 'known' : 'grown';
    await store.change(id, {}, missing);
    await keepFiles(store, kept);
    return 'grown';
  }
  // Ids that another conversation uses would take its messages away: then this one gets its own.
  const own = owners.size === 0 ? kept : withNewIds(kept, newId);
  await store.write(own.conversation, own.messages);
  await keepFiles(store, own);
  return 'new';
}

/** Files that are here already stay as they are. */
async function keepFiles(store: ChatStore, { conversation, attachments }: Kept): Promise<void> {
  for (const one of attachments) {
    if ((await store.attachments.read(one.id)) !== null) continue;
    await store.attachments.write([{ ...one, conversationId: conversation.id }]);
  }
}

function withNewIds({ conversation, messages, attachments }: Kept, newId: () => string): Kept {
  const ids = new Map([...messages, ...attachments].map(({ id }) => [id, newId()]));
  const renamed = (id: string): string => ids.get(id) ?? id;
  const { headId, digest } = conversation;
  return {
    conversation: {
      ...conversation,
      headId: headId === null ? null : renamed(headId),
      digest: digest === null ? null : { ...digest, upToId: renamed(digest.upToId) },
    },
    messages: messages.map((message): Message => {
      const place = { id: renamed(message.id), parentId: message.parentId === null ? null : renamed(message.parentId) };
      if (message.role === 'assistant') return { ...message, ...place };
      return { ...message, ...place, attachments: message.attachments.map((ref) => ({ ...ref, id: renamed(ref.id) })) };
    }),
    attachments: attachments.map((one) => ({ ...one, id: renamed(one.id) })),
  };
}
