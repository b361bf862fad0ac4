// How control tokens are written inside a prompt string. WebLLM encodes template and user text in one string, so whatever
// text stood for a control token could also be typed. In our tokenizer.json the content of every control token is therefore
// a sentinel that no text contains, and the literal "<|im_start|>" is text and nothing else.
//
//   U+FDD0 · U+0010 · id in decimal · U+FDD1      the control token with this id
//   U+FDD0 · U+0010 · "+"           · U+FDD1      no token: the string goes on where earlier text ended (SentencePiece)
//
// U+FDD0 and U+FDD1 are noncharacters: Unicode keeps them out of interchange for such internal use. The control character
// keeps a sentinel out of every JSON string, so a grammar never mistakes a control token for text.
const OPEN = '\uFDD0\u0010';
const CLOSE = '\uFDD1';

/** Written at the beginning of a string that continues earlier text, so that no space is put before it. */
export const CONTINUES = `${OPEN}+${CLOSE}`;

/** A regular expression (Oniguruma's and JavaScript's syntax alike) that matches every sentinel. */
export const SENTINEL_PATTERN = `${OPEN}(?:\\d+|\\+)${CLOSE}`;

const SENTINEL = new RegExp(SENTINEL_PATTERN, 'g');

/** The text that encodes to the control token `id`, and that nothing typed encodes to. */
export function sentinel(id: number): string {
  return `${OPEN}${id}${CLOSE}`;
}

/**
 * Makes text from outside safe to encode: U+FFFD stands for the first character of what would be a sentinel, and for lone
 * surrogates, which the tokenizer does not survive. All other text, parts of sentinels included, comes back unchanged.
 */
export function stripSentinels(text: string): string {
  // Replaced, not removed: what stands before and after an opening that is taken out may itself make a sentinel.
  return text.toWellFormed().replace(SENTINEL, (found) => `\uFFFD${found.slice(1)}`);
}
