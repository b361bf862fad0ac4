// The schema of the IndexedDB database `daylight-chats`. Version 2:
//   conversations  id -> Conversation
//   messages       id -> Message with `conversationId`, and an index on it; a streaming answer rewrites only itself
//   attachments    id -> Attachment, and an index on `conversationId`
//   drafts         conversation id, or '' for a new chat -> text not sent yet
//   prompts        id -> SavedPrompt
//   settings       name -> text
// Version 1 kept messages under [conversation id, index], in order and without a tree.
// A later version adds its step to `upgrade` and never edits an old one.
import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import { AppError } from '#base/errors.ts';
import type { Attachment } from './attachment.ts';
import type { Conversation, Message } from './conversation.ts';
import type { SavedPrompt } from './records.ts';
import { parseConversation, parseMessage } from './stored.ts';

export type StoredMessage = Message & { conversationId: string };

export interface ChatsSchema extends DBSchema {
  conversations: { key: string; value: Conversation };
  messages: { key: string; value: StoredMessage; indexes: { conversation: string } };
  attachments: { key: string; value: Attachment; indexes: { conversation: string } };
  drafts: { key: string; value: string };
  prompts: { key: string; value: SavedPrompt };
  settings: { key: string; value: string };
}

export type ChatsDb = IDBPDatabase<ChatsSchema>;
type Upgrade = IDBPTransaction<ChatsSchema, StoreNames<ChatsSchema>[], 'versionchange'>;

export const VERSION = 2;

/** Opens or creates the database; throws `chats-unavailable` where the browser keeps nothing for this page. */
export async function openChats(name: string): Promise<ChatsDb> {
  try {
    return await openDB<ChatsSchema>(name, VERSION, {
      async upgrade(db, oldVersion, _newVersion, tx) {
        if (oldVersion < 1) {
          db.createObjectStore('conversations', { keyPath: 'id' });
          db.createObjectStore('drafts');
          db.createObjectStore('settings');
        }
        if (oldVersion < 2) {
          const old = oldVersion === 1 ? await readFlatMessages(tx) : [];
          if (oldVersion === 1) db.deleteObjectStore('messages');
          db.createObjectStore('messages', { keyPath: 'id' }).createIndex('conversation', 'conversationId');
          db.createObjectStore('attachments', { keyPath: 'id' }).createIndex('conversation', 'conversationId');
          db.createObjectStore('prompts', { keyPath: 'id' });
          await writeAsBranches(tx, old);
        }
      },
      // A newer page wants to upgrade: let it, rather than blocking it until this tab is closed.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
  } catch (cause) {
    throw new AppError('chats-unavailable', { name, reason: reasonOf(cause) }, { cause });
  }
}

/** Runs a write; a failure of the browser's becomes `chats-not-saved`. */
export async function writing<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    throw new AppError('chats-not-saved', { reason: reasonOf(cause) }, { cause });
  }
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? `${cause.name} ${cause.message}` : String(cause);

/** Messages of version 1, conversation by conversation, each in order. */
async function readFlatMessages(tx: Upgrade): Promise<StoredMessage[]> {
  const store = tx.objectStore('messages');
  const [keys, values] = [(await store.getAllKeys()) as unknown[], (await store.getAll()) as unknown[]];
  const seen = new Set<string>();
  return values.flatMap((value, at) => {
    const key = keys[at];
    const message = parseMessage(value);
    if (message === null || !Array.isArray(key) || typeof key[0] !== 'string') return [];
    // Ids were only unique within a conversation.
    const id = seen.has(message.id) ? `${key[0]}/${message.id}` : message.id;
    seen.add(id);
    return [{ ...message, id, conversationId: key[0] }];
  });
}

/** Makes one branch of each conversation's messages, with the last one as its head. */
async function writeAsBranches(tx: Upgrade, flat: readonly StoredMessage[]): Promise<void> {
  const conversations = new Map<string, Conversation>();
  for (const value of await tx.objectStore('conversations').getAll()) {
    const conversation = parseConversation(value);
    if (conversation !== null) conversations.set(conversation.id, conversation);
  }
  const heads = new Map<string, { id: string; count: number }>();
  for (const message of flat) {
    const previous = heads.get(message.conversationId);
    const count = previous?.count ?? 0;
    // Version 1 kept no times of messages; those of its conversation and their order are what there is.
    const createdAt = (conversations.get(message.conversationId)?.createdAt ?? 0) + count;
    await tx.objectStore('messages').put({ ...message, parentId: previous?.id ?? null, createdAt });
    heads.set(message.conversationId, { id: message.id, count: count + 1 });
  }
  for (const conversation of conversations.values()) {
    await tx.objectStore('conversations').put({ ...conversation, headId: heads.get(conversation.id)?.id ?? null });
  }
}
