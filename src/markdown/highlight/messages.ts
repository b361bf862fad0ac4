// Between the page and its highlighter. Only numbers come back: a colour is never a word from the worker.

/** Colours of code, by number. 0 is the text's own. */
export const KINDS = ['plain', 'comment', 'string', 'keyword', 'constant', 'function', 'type', 'name'] as const;

export type HighlightRequest =
  /** The next whole lines of block `id`. Lines of one block come in order. */
  { type: 'lines'; id: number; language: string; text: string } | { type: 'forget'; id: number };

export type HighlightReply =
  /** Grammars are there, and matching begins: from here the page counts the time. */
  | { type: 'began'; id: number }
  /** Pairs of length and kind, which together cover the text sent. Null: there is no grammar for it. */
  | { type: 'runs'; id: number; runs: Uint32Array | null };
