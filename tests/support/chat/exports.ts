// Files as other programs write them, in the shape that they are known to have.

type Said = { id: string; parent: string | null; role: string; text: string; more?: object; content?: object };

const ROOT = 'client-created-root';

/** A conversation as in ChatGPT's conversations.json: its tree hangs on a root without a message and a hidden system node. */
export function chatGptConversation(id: string, title: string, said: readonly Said[], current?: string): object {
  const nodes = [
    { id: ROOT, message: null, parent: null },
    {
      id: 'system',
      parent: ROOT,
      message: {
        id: 'system',
        author: { role: 'system', name: null, metadata: {} },
        create_time: null,
        content: { content_type: 'text', parts: [''] },
        metadata: { is_visually_hidden_from_conversation: true },
        recipient: 'all',
      },
    },
    ...said.map((one, at) => ({
      id: one.id,
      parent: one.parent ?? 'system',
      message: {
        id: one.id,
        author: { role: one.role, name: null, metadata: {} },
        create_time: 1_700_000_000.5 + at,
        update_time: null,
        content: one.content ?? { content_type: 'text', parts: [one.text] },
        status: 'finished_successfully',
        end_turn: true,
        weight: 1,
        metadata: one.role === 'assistant' ? { model_slug: 'gpt-4o' } : {},
        recipient: 'all',
        channel: null,
        ...one.more,
      },
    })),
  ];
  const childrenOf = (parent: string): string[] =>
    nodes.filter((node) => node.parent === parent).map((node) => node.id);
  return {
    title,
    create_time: 1_700_000_000.123,
    update_time: 1_700_000_500.25,
    mapping: Object.fromEntries(nodes.map((node) => [node.id, { ...node, children: childrenOf(node.id) }])),
    moderation_results: [],
    current_node: current ?? nodes.at(-1)!.id,
    plugin_ids: null,
    conversation_id: id,
    conversation_template_id: null,
    gizmo_id: null,
    is_archived: false,
    safe_urls: [],
    default_model_slug: 'gpt-4o',
    id,
  };
}

/** A chat as in Open WebUI's export. */
export function openWebUiChat(id: string, title: string, said: readonly Said[], current?: string): object {
  const messages = Object.fromEntries(
    said.map((one, at) => [
      one.id,
      {
        id: one.id,
        parentId: one.parent,
        childrenIds: said.filter(({ parent }) => parent === one.id).map((child) => child.id),
        role: one.role,
        content: one.text,
        timestamp: 1_710_000_000 + at,
        ...(one.role === 'assistant'
          ? { model: 'llama3:8b', modelName: 'Llama 3', done: true }
          : { models: ['llama3:8b'] }),
        ...one.more,
      },
    ]),
  );
  return {
    id,
    user_id: 'u',
    title,
    chat: {
      id: '',
      title,
      models: ['llama3:8b'],
      params: {},
      history: { messages, currentId: current ?? said.at(-1)?.id ?? null },
      messages: [],
      tags: [],
      timestamp: 1_710_000_000_000,
      files: [],
    },
    updated_at: 1_710_000_900,
    created_at: 1_710_000_000,
    share_id: null,
    archived: false,
    pinned: true,
    meta: { tags: ['work'] },
    folder_id: null,
  };
}
