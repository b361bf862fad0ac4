// The direction of a whole message, by its own words: one direction reads better than one a paragraph.

/** Letters that vote. Enough to outvote a product's name at the beginning, few enough to be decided in the first line. */
const VOTES = 48;
/** How far the vote looks, in characters. */
const SAMPLE = 4000;

const RTL = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LETTER = /\p{L}/gu;

/** Code, mathematics and addresses run from left to right in every language, so they have no vote. */
const SILENT =
  /^ {0,3}(`{3,}|~{3,})[^\n]*\n?[\s\S]*?(?:^ {0,3}\1[`~]*[ \t]*$|(?![\s\S]))|(`+)[^`][\s\S]*?\2|\$\$[\s\S]*?(?:\$\$|(?![\s\S]))|\\\[[\s\S]*?(?:\\\]|(?![\s\S]))|\\\([\s\S]*?(?:\\\)|(?![\s\S]))|\$[^$\n]*\$|https?:\/\/\S*/gm;

/** Lets the first strong letters vote; the first of them decides a draw. `null` while there are none. */
export function directionOf(text: string): 'ltr' | 'rtl' | null {
  const spoken = text.slice(0, SAMPLE).replace(SILENT, ' ');
  let first: 'ltr' | 'rtl' | null = null;
  let balance = 0;
  let count = 0;
  for (const [letter] of spoken.matchAll(LETTER)) {
    const direction = RTL.test(letter) ? 'rtl' : 'ltr';
    first ??= direction;
    balance += direction === 'rtl' ? 1 : -1;
    if (++count === VOTES) break;
  }
  if (balance === 0) return first;
  return balance > 0 ? 'rtl' : 'ltr';
}
