import { attachmentText } from '#chat/attachment-text.ts';
import type { AttachmentRef } from '#chat/conversation.ts';
import type { AttachmentStore } from '#chat/attachment-store.ts';

/** Prompt texts of attached files, read from the store once and kept while they are in use. */
export class AttachmentTexts {
  readonly #store: () => Pick<AttachmentStore, 'read'> | null;
  #texts = new Map<string, string>();

  /** `store` gives null where the browser keeps nothing. */
  constructor(store: () => Pick<AttachmentStore, 'read'> | null) {
    this.#store = store;
  }

  /** Reads what is needed and forgets the rest: whole books lie here. */
  async load(refs: readonly AttachmentRef[]): Promise<void> {
    const needed = new Map<string, string>();
    for (const { id } of refs) {
      const known = this.#texts.get(id);
      const record = known === undefined ? await this.#store()?.read(id) : null;
      const text = known ?? (record ? attachmentText(record) : null);
      if (text !== null) needed.set(id, text);
    }
    this.#texts = needed;
  }

  /** A file's text has changed: it is read anew. */
  forget(id: string): void {
    this.#texts.delete(id);
  }

  /** What the model reads of a loaded file; that it is gone, where the browser lost it. */
  textOf({ id, name }: AttachmentRef): string {
    return this.#texts.get(id) ?? `[The file ${JSON.stringify(name)} is no longer kept.]`;
  }
}
