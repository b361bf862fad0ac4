import { parseAttachment } from '../attachment.ts';
import { isFields, parseConversation, parseList, parseMessage } from '../stored.ts';
import { mendTree } from '../tree.ts';
import { withinLimits } from './foreign.ts';
import type { Kept } from './kept.ts';

/** A conversation of our own format. */
export function readOwn(value: unknown): Kept | null {
  if (!isFields(value)) return null;
  const conversation = parseConversation(value['conversation']);
  if (conversation === null || conversation.id === '' || !Array.isArray(value['messages'])) return null;
  const { id } = conversation;
  const attachments = parseList(value['attachments'], parseAttachment)
    .filter((one) => one.conversationId === id)
    .map((one) => ({ ...one, isDraft: false }));
  const messages = mendTree(parseList(value['messages'], (one) => parseMessage(one)));
  // A file that lost some of its messages is damaged; half a conversation would look whole.
  if (messages.length === 0 || messages.length < value['messages'].length) return null;
  return withinLimits({ conversation: { ...conversation, deletedAt: null }, messages, attachments });
}
