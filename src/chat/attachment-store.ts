import { parseAttachment } from './attachment.ts';
import type { Attachment } from './attachment.ts';
import { writing } from './database.ts';
import type { ChatsDb } from './database.ts';

/** The texts of attached files. They are erased with their conversation. */
export class AttachmentStore {
  readonly #db: ChatsDb;

  constructor(db: ChatsDb) {
    this.#db = db;
  }

  /** Null when it is not kept. */
  async read(id: string): Promise<Attachment | null> {
    return parseAttachment(await this.#db.get('attachments', id));
  }

  /** All of one conversation, its draft's too; those of a new chat's draft for ''. */
  async of(conversationId: string): Promise<Attachment[]> {
    const records = await this.#db.getAllFromIndex('attachments', 'conversation', conversationId);
    return records.map(parseAttachment).filter((one): one is Attachment => one !== null);
  }

  async write(attachments: readonly Attachment[]): Promise<void> {
    await writing(async () => {
      const tx = this.#db.transaction('attachments', 'readwrite');
      await Promise.all([...attachments.map((one) => tx.store.put(one)), tx.done]);
    });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await writing(async () => {
      const tx = this.#db.transaction('attachments', 'readwrite');
      await Promise.all([...ids.map((id) => tx.store.delete(id)), tx.done]);
    });
  }

  /** Makes files of a draft belong to a message that was sent, and to its conversation. */
  async give(ids: readonly string[], conversationId: string): Promise<void> {
    await writing(async () => {
      const tx = this.#db.transaction('attachments', 'readwrite');
      for (const id of ids) {
        const record = parseAttachment(await tx.store.get(id));
        if (record !== null) await tx.store.put({ ...record, conversationId, isDraft: false });
      }
      await tx.done;
    });
  }
}
