// The one configured parser. Raw HTML is no syntax here: a tag is the characters it is written with, except <br>.
import { Marked } from 'marked';
import type { Token } from 'marked';
import { displayMath, inlineMath, maskFormulas } from './math-syntax.ts';

const BREAK = /^<br ?\/?>/i;

const marked = new Marked({
  gfm: true,
  breaks: true, // models end lines where they mean it
  extensions: [displayMath, inlineMath],
  hooks: { emStrongMask: maskFormulas },
  tokenizer: {
    html: () => undefined,
    tag: (src) => {
      const raw = BREAK.exec(src)?.[0];
      // The type says tag; the lexer takes any token. Tables have no other way to break a line.
      return raw === undefined ? undefined : ({ type: 'br', raw } as never);
    },
  },
});

/** The block tokens of a text, with what is inside them. Bound the text first: see `block-bounds.ts`. */
export function lex(source: string): Token[] {
  return marked.lexer(source);
}
