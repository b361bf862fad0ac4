// The one owner of the IndexedDB database `daylight-chats`, whose schema is in database.ts. Several tabs write at once:
// a conversation's record is never put back whole, only what changed of it.
import { AttachmentStore } from './attachment-store.ts';
import type { Conversation, Message } from './conversation.ts';
import { openChats, writing } from './database.ts';
import type { ChatsDb } from './database.ts';
import { PromptStore } from './prompt-store.ts';
import { parseConversation, parseMessage } from './stored.ts';
import { mendTree, newestHead } from './tree.ts';

export type Setting =
  'open-conversation' | 'last-model' | 'on-processor' | 'new-chat-settings' | 'voice' | 'single-keys';

/** What may change of a conversation's record. */
export type ConversationPatch = Partial<Omit<Conversation, 'id' | 'createdAt'>>;

export class ChatStore {
  readonly attachments: AttachmentStore;
  readonly prompts: PromptStore;
  readonly #db: ChatsDb;

  private constructor(db: ChatsDb) {
    this.#db = db;
    this.attachments = new AttachmentStore(db);
    this.prompts = new PromptStore(db);
  }

  /** Opens or creates the database; throws `chats-unavailable` where the browser keeps nothing for this page. */
  static async open(name = 'daylight-chats'): Promise<ChatStore> {
    return new ChatStore(await openChats(name));
  }

  close(): void {
    this.#db.close();
  }

  /** Every conversation that is not deleted, archived ones too, the last used first. */
  async conversations(): Promise<Conversation[]> {
    const records = await this.#db.getAll('conversations');
    return records
      .map(parseConversation)
      .filter((one): one is Conversation => one !== null && one.deletedAt === null)
      .sort((a, b) => b.updatedAt - a.updatedAt);
  }

  /** One conversation, also a deleted one that is not erased yet; null when there is none. */
  async conversation(id: string): Promise<Conversation | null> {
    return parseConversation(await this.#db.get('conversations', id));
  }

  /**
   * All messages of a conversation, on every branch, the oldest first; empty when there is no such conversation.
   * `isLive` when another tab is answering it.
   */
  async messages(id: string, isLive = false): Promise<Message[]> {
    const records = await this.#db.getAllFromIndex('messages', 'conversation', id);
    const messages = records.map((one) => parseMessage(one, isLive)).filter((one): one is Message => one !== null);
    return mendTree(messages).sort((a, b) => a.createdAt - b.createdAt);
  }

  /** Writes a conversation that is not kept yet, or one that is with all it has. */
  async write(conversation: Conversation, messages: readonly Message[]): Promise<void> {
    const { id: conversationId } = conversation;
    await writing(async () => {
      const tx = this.#db.transaction(['conversations', 'messages'], 'readwrite');
      // Await nothing but requests of this transaction: any other await lets it commit early.
      await Promise.all([
        tx.objectStore('conversations').put(conversation),
        ...messages.map((message) => tx.objectStore('messages').put({ ...message, conversationId })),
        tx.done,
      ]);
    });
  }

  /**
   * Writes what changed of a conversation and the messages that are new or changed, and returns its record; null, and
   * nothing is written, when it is not kept any more.
   */
  async change(
    id: string,
    patch: ConversationPatch,
    messages: readonly Message[] = [],
    erased: readonly string[] = [],
  ): Promise<Conversation | null> {
    return writing(async () => {
      const tx = this.#db.transaction(['conversations', 'messages'], 'readwrite');
      const record = parseConversation(await tx.objectStore('conversations').get(id));
      const changed = record === null ? null : { ...record, ...patch };
      if (changed !== null) {
        await Promise.all([
          tx.objectStore('conversations').put(changed),
          ...messages.map((message) => tx.objectStore('messages').put({ ...message, conversationId: id })),
          ...erased.map((message) => tx.objectStore('messages').delete(message)),
        ]);
      }
      await tx.done;
      return changed;
    });
  }

  /** Which of these messages are kept, and in which conversation. */
  async ownersOf(ids: readonly string[]): Promise<Map<string, string>> {
    const tx = this.#db.transaction('messages');
    const records = await Promise.all(ids.map((id) => tx.store.get(id)));
    const kept = records.filter((one) => one !== undefined);
    return new Map(kept.map(({ id, conversationId }) => [id, conversationId]));
  }

  /** Hides a conversation; `restore` brings it back until `erase` removes it for good. */
  async remove(id: string, now: number): Promise<void> {
    await this.change(id, { deletedAt: now });
  }

  async restore(id: string): Promise<void> {
    await this.change(id, { deletedAt: null });
  }

  /** Erases conversations that were removed before a time, or one of them, with all that belongs to them. */
  async erase(which: { before: number } | { id: string }): Promise<void> {
    await writing(async () => {
      const tx = this.#db.transaction(['conversations', 'messages', 'attachments', 'drafts'], 'readwrite');
      const removed = (await tx.objectStore('conversations').getAll())
        .map(parseConversation)
        .filter((one): one is Conversation & { deletedAt: number } => one !== null && one.deletedAt !== null)
        .filter((one) => ('id' in which ? one.id === which.id : one.deletedAt < which.before));
      for (const { id } of removed) {
        for (const name of ['messages', 'attachments'] as const) {
          const keys = await tx.objectStore(name).index('conversation').getAllKeys(id);
          await Promise.all(keys.map((key) => tx.objectStore(name).delete(key)));
        }
        await Promise.all([tx.objectStore('conversations').delete(id), tx.objectStore('drafts').delete(id)]);
      }
      await tx.done;
    });
  }

  /** The text not sent yet; empty when there is none. `id` is '' for a chat that has not begun. */
  async draft(id: string): Promise<string> {
    const text: unknown = await this.#db.get('drafts', id);
    return typeof text === 'string' ? text : '';
  }

  /** Keeps what is not sent yet. An empty text takes away only what this tab knows (`known`): another may have written since. */
  async writeDraft(id: string, text: string, known?: string): Promise<void> {
    await writing(async () => {
      const { store, done } = this.#db.transaction('drafts', 'readwrite');
      if (text !== '') await store.put(text, id);
      else if (known === undefined || (await store.get(id)) === known) await store.delete(id);
      await done;
    });
  }

  async setting(name: Setting): Promise<string | null> {
    const text: unknown = await this.#db.get('settings', name);
    return typeof text === 'string' ? text : null;
  }

  async writeSetting(name: Setting, value: string | null): Promise<void> {
    await writing(async () => {
      if (value === null) await this.#db.delete('settings', name);
      else await this.#db.put('settings', value, name);
    });
  }
}

/** Where a conversation lies open: its head, or the newest end of a branch when it names none that exists. */
export function headOf({ headId }: Pick<Conversation, 'headId'>, messages: readonly Message[]): string | null {
  return messages.some(({ id }) => id === headId) ? headId : newestHead(messages);
}
