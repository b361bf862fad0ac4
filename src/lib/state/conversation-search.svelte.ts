import type { Conversation } from '#chat/conversation.ts';
import type { SearchHit, SearchIndex } from '#chat/search-index.ts';
import type { ChatStore } from '#chat/store.ts';

/** Read at once while the index is made: enough that the disk does not wait, few enough that the page does not. */
const BATCH = 16;
/** After this much work the page gets its turn. */
const SLICE_MS = 12;

type Outside = { store: () => ChatStore | null; conversations: () => readonly Conversation[] };

/** Searching the kept conversations. The index is made with the first search and follows what changes before each one. */
export class ConversationSearch {
  query = $state('');
  /** Null while nothing is searched for. */
  hits = $state.raw<readonly SearchHit[] | null>(null);
  isPreparing = $state(false);

  readonly #outside: Outside;
  #index: SearchIndex | null = null;
  /** Each conversation in the index, and as of when. */
  #versions: Record<string, string> = {};
  #syncing: Promise<void> | null = null;
  #turn = 0;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** Looks for words; an empty text ends the search. */
  async find(query: string): Promise<void> {
    this.query = query;
    const turn = ++this.#turn;
    if (query.trim() === '') {
      this.hits = null;
      return;
    }
    await this.prepare();
    if (turn !== this.#turn || this.#index === null) return;
    const known = this.#outside.conversations();
    this.hits = this.#index.search(query).filter((hit) => known.some(({ id }) => id === hit.conversationId));
  }

  /** Brings the index up to date; the first time that reads every conversation. */
  async prepare(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = null));
    await this.#syncing;
  }

  async #sync(): Promise<void> {
    const store = this.#outside.store();
    if (store === null) return;
    this.isPreparing = this.#index === null;
    try {
      if (this.#index === null) {
        const { SearchIndex } = await import('#chat/search-index.ts');
        this.#index = new SearchIndex();
      }
      const conversations = this.#outside.conversations();
      const now = Object.fromEntries(conversations.map((one) => [one.id, versionOf(one)]));
      for (const id of Object.keys(this.#versions)) if (!(id in now)) this.#index.remove(id);
      const stale = conversations.filter(({ id }) => this.#versions[id] !== now[id]);
      let sliceEndsAt = performance.now() + SLICE_MS;
      for (let at = 0; at < stale.length; at += BATCH) {
        const batch = stale.slice(at, at + BATCH);
        const read = await Promise.all(batch.map(({ id }) => store.messages(id)));
        for (const [index, one] of batch.entries()) {
          this.#index.put(one, read[index]!);
          if (performance.now() < sliceEndsAt) continue;
          await new Promise((resolve) => setTimeout(resolve));
          sliceEndsAt = performance.now() + SLICE_MS;
        }
      }
      this.#versions = now;
    } finally {
      this.isPreparing = false;
    }
  }
}

const versionOf = ({ updatedAt, title }: Conversation): string => `${updatedAt} ${title}`;
