// Open WebUI's export of chats: an array of { id, title, chat, updated_at, … }, whose `chat.history` has the tree:
// `messages` from id to { parentId, role, content, timestamp, model }, and `currentId`.
import { isFields } from '../stored.ts';
import type { Fields } from '../stored.ts';
import { keptOf, shownParents, timeOf } from './foreign.ts';
import type { ForeignMessage } from './foreign.ts';
import type { Kept } from './kept.ts';

/** What a model thought before it answered, as Open WebUI keeps it in the answer. */
const REASONING = /<details\s[^>]*type="reasoning"[^>]*>[^]*?<\/details>\s*/g;

/** A chat of Open WebUI's, or null when it is not one. */
export function readOpenWebUi(value: unknown, now: number): Kept | null {
  if (!isFields(value) || !isFields(value['chat'])) return null;
  const { chat } = value;
  const id = textOf(value['id']) || textOf(chat['id']);
  const history: Fields = isFields(chat['history']) ? chat['history'] : {};
  const nodes: Fields = isFields(history['messages']) ? history['messages'] : {};
  if (id === '') return null;
  const parentOf = new Map<string, string | null>();
  const shown = new Map<string, Omit<ForeignMessage, 'id' | 'parentId'>>();
  for (const [nodeId, node] of Object.entries(nodes)) {
    if (!isFields(node)) continue;
    parentOf.set(nodeId, typeof node['parentId'] === 'string' ? node['parentId'] : null);
    const message = shownOf(node);
    if (message !== null) shown.set(nodeId, message);
  }
  const parents = shownParents(parentOf, (nodeId) => shown.has(nodeId));
  const params: Fields = isFields(chat['params']) ? chat['params'] : {};
  return keptOf(
    'open-webui',
    {
      id,
      title: textOf(value['title']) || textOf(chat['title']),
      createdAt: timeOf(value['created_at']) ?? timeOf(chat['timestamp']),
      updatedAt: timeOf(value['updated_at']),
      headId: textOf(history['currentId']) || null,
      instructions: textOf(chat['system']) || textOf(params['system']),
      isArchived: value['archived'] === true,
      isPinned: value['pinned'] === true,
      messages: [...shown].map(([nodeId, message]) => ({
        ...message,
        id: nodeId,
        parentId: parents.get(nodeId) ?? null,
      })),
    },
    now,
  );
}

function shownOf(node: Fields): Omit<ForeignMessage, 'id' | 'parentId'> | null {
  const { role } = node;
  if (role !== 'user' && role !== 'assistant') return null;
  const text = textOf(node['content']).replace(REASONING, '').trim();
  if (text === '') return null;
  const model = textOf(node['modelName']) || textOf(node['model']);
  return { role, text, model: role === 'user' ? '' : model, createdAt: timeOf(node['timestamp']) };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
