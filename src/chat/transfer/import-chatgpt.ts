// ChatGPT's `conversations.json`: an array of conversations, each with its tree in `mapping`, from node id to
// { message, parent, children }. Nodes of the system and of tools, and hidden ones, stand between those that were shown.
import { isFields } from '../stored.ts';
import type { Fields } from '../stored.ts';
import { keptOf, shownParents, timeOf } from './foreign.ts';
import type { ForeignMessage } from './foreign.ts';
import type { Kept } from './kept.ts';

type Shown = { role: ForeignMessage['role']; text: string; model: string; createdAt: number | null };

/** A conversation of ChatGPT's, or null when it is not one. */
export function readChatGpt(value: unknown, now: number): Kept | null {
  if (!isFields(value) || !isFields(value['mapping'])) return null;
  const id = textOf(value['id']) || textOf(value['conversation_id']);
  if (id === '') return null;
  const parentOf = new Map<string, string | null>();
  const shown = new Map<string, Shown>();
  for (const [nodeId, node] of Object.entries(value['mapping'])) {
    if (!isFields(node)) continue;
    parentOf.set(nodeId, typeof node['parent'] === 'string' ? node['parent'] : null);
    const message = shownOf(node['message']);
    if (message !== null) shown.set(nodeId, message);
  }
  const parents = shownParents(parentOf, (nodeId) => shown.has(nodeId));
  const current = textOf(value['current_node']);
  return keptOf(
    'chatgpt',
    {
      id,
      title: textOf(value['title']),
      createdAt: timeOf(value['create_time']),
      updatedAt: timeOf(value['update_time']),
      headId: shown.has(current) ? current : (parents.get(current) ?? null),
      instructions: '',
      isArchived: value['is_archived'] === true,
      isPinned: false,
      messages: [...shown].map(([nodeId, message]) => ({
        ...message,
        id: nodeId,
        parentId: parents.get(nodeId) ?? null,
      })),
    },
    now,
  );
}

/** A message as it was shown, or null for one of the system, of a tool, to a tool, hidden, or without words. */
function shownOf(message: unknown): Shown | null {
  if (!isFields(message) || !isFields(message['author']) || !isFields(message['content'])) return null;
  const { role } = message['author'];
  const metadata: Fields = isFields(message['metadata']) ? message['metadata'] : {};
  if (role !== 'user' && role !== 'assistant') return null;
  if (metadata['is_visually_hidden_from_conversation'] === true) return null;
  const recipient = message['recipient'];
  if (typeof recipient === 'string' && recipient !== 'all') return null;
  const text = contentOf(message['content']).trim();
  if (text === '') return null;
  return { role, text, model: textOf(metadata['model_slug']), createdAt: timeOf(message['create_time']) };
}

function contentOf(content: Fields): string {
  switch (content['content_type']) {
    case 'code':
      return textOf(content['text']) === '' ? '' : `\`\`\`\n${textOf(content['text'])}\n\`\`\``;
    case 'text':
    case 'multimodal_text':
      return Array.isArray(content['parts'])
        ? content['parts']
            .map(partOf)
            .filter((part) => part !== '')
            .join('\n\n')
        : '';
    default:
      return ''; // what the model thought, or data of a tool
  }
}

function partOf(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isFields(part)) return '';
  if (part['content_type'] === 'image_asset_pointer') return '[image]';
  return part['content_type'] === 'audio_transcription' ? textOf(part['text']) : '';
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
