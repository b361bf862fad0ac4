import type { Conversation } from '#chat/conversation.ts';
import type { ChatStore, ConversationPatch } from '#chat/store.ts';

/** The list of kept conversations, the last used first. One deletion can be undone until the next. */
export class ConversationShelf {
  conversations = $state.raw<readonly Conversation[]>([]);
  /** The one that can still be brought back. */
  removed = $state.raw<Conversation | null>(null);

  readonly #store: ChatStore | null;
  readonly #now: () => number;

  constructor(store: ChatStore | null, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Reads the list again: another tab may have written. */
  async refresh(): Promise<void> {
    if (this.#store !== null) this.conversations = await this.#store.conversations();
  }

  /** Shows a conversation that began or went on. */
  put(conversation: Conversation): void {
    const others = this.conversations.filter(({ id }) => id !== conversation.id);
    this.conversations = [conversation, ...others].sort((a, b) => b.updatedAt - a.updatedAt);
  }

  /** Changes what is said of conversations: their title, folder, pin or place in the archive. */
  async change(ids: readonly string[], patch: ConversationPatch): Promise<void> {
    this.conversations = this.conversations.map((one) => (ids.includes(one.id) ? { ...one, ...patch } : one));
    for (const id of ids) await this.#store?.change(id, patch);
  }

  /** Ids of the conversations in a folder, archived ones too. */
  idsIn(folder: string): string[] {
    return this.conversations.filter((one) => one.folder === folder).map(({ id }) => id);
  }

  async remove(id: string): Promise<void> {
    const found = this.conversations.find((one) => one.id === id);
    if (found === undefined) return;
    await this.forget();
    this.conversations = this.conversations.filter((one) => one.id !== id);
    this.removed = found;
    await this.#store?.remove(id, this.#now());
  }

  async undo(): Promise<void> {
    const back = this.removed;
    if (back === null) return;
    this.removed = null;
    await this.#store?.restore(back.id);
    this.put(back);
  }

  /** Gives up the undo: what was deleted is erased. */
  async forget(): Promise<void> {
    const gone = this.removed;
    this.removed = null;
    if (gone !== null) await this.#store?.erase({ id: gone.id });
  }
}
