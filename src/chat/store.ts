// The one owner of the IndexedDB database `daylight-chats`. Version 1:
//   conversations  id -> Conversation
//   messages       [conversation id, index] -> Message; one record a message, so a streaming answer rewrites only itself
//   drafts         conversation id, or '' for a new chat -> text not sent yet
//   settings       name -> text
// A later version adds its step to `upgrade` and never edits an old one.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { AppError } from '#base/errors.ts';
import type { Conversation, Message } from './conversation.ts';
import { parseConversation, parseMessage } from './stored.ts';

interface ChatsSchema extends DBSchema {
  conversations: { key: string; value: Conversation };
  messages: { key: [string, number]; value: Message };
  drafts: { key: string; value: string };
  settings: { key: string; value: string };
}

export type Setting = 'open-conversation' | 'last-model' | 'on-processor';
const VERSION = 1;
/** Above any index of a message: ends a range over one conversation. */
const LAST_INDEX = Number.MAX_SAFE_INTEGER;

const messagesOf = (id: string, from = 0): IDBKeyRange => IDBKeyRange.bound([id, from], [id, LAST_INDEX]);

export class ChatStore {
  readonly #db: IDBPDatabase<ChatsSchema>;

  private constructor(db: IDBPDatabase<ChatsSchema>) {
    this.#db = db;
  }

  /** Opens or creates the database; throws `chats-unavailable` where the browser keeps nothing for this page. */
  static async open(name = 'daylight-chats'): Promise<ChatStore> {
    try {
      const db = await openDB<ChatsSchema>(name, VERSION, {
        upgrade(created, oldVersion) {
          if (oldVersion < 1) {
            created.createObjectStore('conversations', { keyPath: 'id' });
            created.createObjectStore('messages');
            created.createObjectStore('drafts');
            created.createObjectStore('settings');
          }
        },
        // A newer page wants to upgrade: let it, rather than blocking it until this tab is closed.
        blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
      });
      return new ChatStore(db);
    } catch (cause) {
      throw new AppError('chats-unavailable', { name, reason: reasonOf(cause) }, { cause });
    }
  }

  close(): void {
    this.#db.close();
  }

  /** Every conversation that is not deleted, the last used first. */
  async conversations(): Promise<Conversation[]> {
    const records = await this.#db.getAll('conversations');
    return records
      .map(parseConversation)
      .filter((one): one is Conversation => one !== null && one.deletedAt === null)
      .sort((a, b) => b.updatedAt - a.updatedAt);
  }

  /** A conversation's messages in order; empty when there is no such conversation. */
  async messages(id: string): Promise<Message[]> {
    const records = await this.#db.getAll('messages', messagesOf(id));
    return records.map(parseMessage).filter((one): one is Message => one !== null);
  }

  /** Writes a conversation and its messages from index `from` on; later ones that are no longer there are erased. */
  async write(conversation: Conversation, messages: readonly Message[], from: number): Promise<void> {
    await this.#writing(async () => {
      const tx = this.#db.transaction(['conversations', 'messages'], 'readwrite');
      const store = tx.objectStore('messages');
      // Await nothing but requests of this transaction: any other await lets it commit early.
      await Promise.all([
        tx.objectStore('conversations').put(conversation),
        store.delete(messagesOf(conversation.id, messages.length)),
        ...messages.slice(from).map((message, at) => store.put(message, [conversation.id, from + at])),
        tx.done,
      ]);
    });
  }

  /** Hides a conversation; `restore` brings it back until `erase` removes it for good. */
  async remove(id: string, now: number): Promise<void> {
    await this.#setDeleted(id, now);
  }

  async restore(id: string): Promise<void> {
    await this.#setDeleted(id, null);
  }

  /** Erases every removed conversation with its messages and draft. */
  async erase(): Promise<void> {
    const tx = this.#db.transaction(['conversations', 'messages', 'drafts'], 'readwrite');
    const removed = (await tx.objectStore('conversations').getAll())
      .map(parseConversation)
      .filter((one) => one !== null && one.deletedAt !== null);
    await Promise.all([
      ...removed.flatMap((one) => [
        tx.objectStore('conversations').delete(one!.id),
        tx.objectStore('messages').delete(messagesOf(one!.id)),
        tx.objectStore('drafts').delete(one!.id),
      ]),
      tx.done,
    ]);
  }

  /** The text not sent yet; empty when there is none. `id` is '' for a chat that has not begun. */
  async draft(id: string): Promise<string> {
    const text: unknown = await this.#db.get('drafts', id);
    return typeof text === 'string' ? text : '';
  }

  async writeDraft(id: string, text: string): Promise<void> {
    await this.#writing(async () => {
      if (text === '') await this.#db.delete('drafts', id);
      else await this.#db.put('drafts', text, id);
    });
  }

  async setting(name: Setting): Promise<string | null> {
    const text: unknown = await this.#db.get('settings', name);
    return typeof text === 'string' ? text : null;
  }

  async writeSetting(name: Setting, value: string | null): Promise<void> {
    await this.#writing(async () => {
      if (value === null) await this.#db.delete('settings', name);
      else await this.#db.put('settings', value, name);
    });
  }

  async #setDeleted(id: string, deletedAt: number | null): Promise<void> {
    await this.#writing(async () => {
      const tx = this.#db.transaction('conversations', 'readwrite');
      const record = parseConversation(await tx.store.get(id));
      if (record !== null) await tx.store.put({ ...record, deletedAt });
      await tx.done;
    });
  }

  async #writing(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (cause) {
      throw new AppError('chats-not-saved', { reason: reasonOf(cause) }, { cause });
    }
  }
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? `${cause.name} ${cause.message}` : String(cause);
