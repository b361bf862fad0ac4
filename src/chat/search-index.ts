// Full-text search over titles and messages. Fetched with the first search; nothing of it is in the page's first load.
import MiniSearch from 'minisearch';
import type { Conversation, Message } from './conversation.ts';
import { snippetOf } from './search-snippet.ts';
import type { SnippetPart } from './search-snippet.ts';
import { queryTerms, termsOf } from './search-words.ts';

export type SearchHit = {
  readonly conversationId: string;
  /** The message that fits best; null where the title alone does. */
  readonly messageId: string | null;
  readonly snippet: readonly SnippetPart[];
};

type Entry = { id: string; conversationId: string; messageId: string | null; text: string };

/** A longer message is found by its beginning only. */
const INDEXED_CHARACTERS = 100_000;
const MAX_HITS = 100;
const TITLE_BOOST = 3;

/** An index of conversations, each put in, replaced and taken out as a whole. */
export class SearchIndex {
  readonly #index = new MiniSearch<Entry>({
    fields: ['text'],
    tokenize: termsOf,
    processTerm: (term) => term, // termsOf has folded it
    searchOptions: {
      tokenize: queryTerms,
      prefix: true,
      combineWith: 'AND',
      // A slip in a long word is forgiven; short words have too many neighbours.
      fuzzy: (term) => (term.length > 5 ? 0.15 : false),
      weights: { fuzzy: 0.3, prefix: 0.8 },
      boostDocument: (id) => (String(id).startsWith('t:') ? TITLE_BOOST : 1),
    },
  });
  readonly #entries = new Map<string, Entry>();
  readonly #idsOf = new Map<string, readonly string[]>();

  put(conversation: Pick<Conversation, 'id' | 'title'>, messages: readonly Message[]): void {
    this.remove(conversation.id);
    const entries: Entry[] = messages.map((message) => ({
      id: `m:${message.id}`,
      conversationId: conversation.id,
      messageId: message.id,
      text: message.text.slice(0, INDEXED_CHARACTERS),
    }));
    entries.push({
      id: `t:${conversation.id}`,
      conversationId: conversation.id,
      messageId: null,
      text: conversation.title,
    });
    const fresh = entries.filter(({ id }) => !this.#entries.has(id));
    for (const entry of fresh) this.#entries.set(entry.id, entry);
    this.#index.addAll(fresh);
    this.#idsOf.set(
      conversation.id,
      fresh.map(({ id }) => id),
    );
  }

  remove(conversationId: string): void {
    for (const id of this.#idsOf.get(conversationId) ?? []) {
      this.#entries.delete(id);
      this.#index.discard(id);
    }
    this.#idsOf.delete(conversationId);
  }

  /** One hit a conversation, the best first; none for a query without words. */
  search(query: string): SearchHit[] {
    if (queryTerms(query).length === 0) return [];
    const hits = new Map<string, SearchHit>();
    for (const { id } of this.#index.search(query)) {
      const entry = this.#entries.get(String(id));
      if (entry === undefined) continue;
      const { conversationId, messageId, text } = entry;
      const known = hits.get(conversationId);
      // A title says that it fits; a message also says where.
      if (known !== undefined && (known.messageId !== null || messageId === null)) continue;
      if (known === undefined && hits.size >= MAX_HITS) continue;
      hits.set(conversationId, {
        conversationId,
        messageId,
        snippet: messageId === null ? [] : snippetOf(text, query),
      });
    }
    return [...hits.values()];
  }
}
