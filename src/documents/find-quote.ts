// Finds a quote word for word. Only what typesetting changes may differ: white space, words divided at a line's end, and the
// shape of quotation marks. A model that changes a word has not quoted.
import { SECTION_BREAK } from './chunk.ts';
import type { SourceDocument, Span } from './document.ts';

export type FoundQuote = {
  /** Where it stands, one span for each section that it touches. */
  readonly spans: readonly Span[];
};

/** Left out of the text that is searched, and compared afterwards: white space, hyphens, marks without width. */
const LOOSE = /[\s\-\u00ad\u2010\u2011\u200b-\u200f\u2060\ufeff]+/g;
const IS_LOOSE = /[\s\-\u00ad\u2010\u2011\u200b-\u200f\u2060\ufeff]/;
const HYPHEN = /[-\u2010\u2011]/;
const UNSEEN = /[\u00ad\u200b-\u200f\u2060\ufeff]/;
/** Written without spaces, so that a line may end anywhere and a word begin anywhere. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\u3000-\u303f\uff01-\uff65]/u;
const WORD = /[\p{L}\p{N}\p{M}]/u;

/** Characters of the text for each step of the way back from a place in the searched text. */
const BLOCK = 512;
/** Places at which the first letters agree. A text made to agree everywhere is given up on. */
const MAX_CANDIDATES = 1000;

type Searchable = {
  readonly text: string;
  /** Where each section begins in `text`. */
  readonly starts: readonly number[];
  readonly dense: string;
  /** Where each block of `text` begins in `dense`. */
  readonly blocks: readonly number[];
};
const searchables = new WeakMap<SourceDocument, Searchable>();

/** The first place of a quote in a document, or null; a later quote in the same document is found faster. */
export function findQuote(document: SourceDocument, quote: string): FoundQuote | null {
  const wanted = quote.trim();
  const denseQuote = dense(wanted);
  if (denseQuote === '') return null;
  const source = searchable(document);
  let found = -1;
  for (let tries = 0; tries < MAX_CANDIDATES; tries++) {
    found = source.dense.indexOf(denseQuote, found + 1);
    if (found < 0) return null;
    const start = beforeLoose(source.text, placeOf(source, found), wanted);
    const end = matchEnd(source.text, start, wanted);
    if (end !== null && isWhole(source.text, start, end))
      return { spans: spansOf(document, source.starts, start, end) };
  }
  return null;
}

/** Quotation marks in one shape, everything loose left out. */
const dense = (text: string): string =>
  text
    .replace(LOOSE, '')
    .replace(/[“”„‟«»″]/g, '"')
    .replace(/[‘’‚‛‹›′`´]/g, "'");

function searchable(document: SourceDocument): Searchable {
  const known = searchables.get(document);
  if (known) return known;
  const starts: number[] = [];
  let length = 0;
  for (const { text } of document.sections) {
    starts.push(length);
    length += text.length + SECTION_BREAK.length;
  }
  const text = document.sections.map((section) => section.text).join(SECTION_BREAK);
  const blocks: number[] = [];
  const parts: string[] = [];
  let denseLength = 0;
  for (let at = 0; at < text.length; at += BLOCK) {
    const part = dense(text.slice(at, at + BLOCK));
    blocks.push(denseLength);
    denseLength += part.length;
    parts.push(part);
  }
  const made = { text, starts, dense: parts.join(''), blocks };
  searchables.set(document, made);
  return made;
}

/** From a place in the searched text back to the text. */
function placeOf({ text, blocks }: Searchable, denseAt: number): number {
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle]! <= denseAt) low = middle;
    else high = middle - 1;
  }
  let at = low * BLOCK;
  let left = denseAt - blocks[low]!;
  for (; ; at++) {
    if (IS_LOOSE.test(text[at]!)) continue;
    if (left === 0) return at;
    left--;
  }
}

/** A quote may begin with what the search leaves out, as "-5" does: its place begins there too, if the text has it. */
function beforeLoose(text: string, start: number, quote: string): number {
  let at = start;
  for (
    let left = quote.search(/[^\s\-\u2010\u2011]/);
    left > 0 && /[\s\-\u2010\u2011]/.test(text[at - 1] ?? '');
    left--
  )
    at--;
  return at;
}

/** Where the quote ends when the text from `start` on says the same; null when it does not. */
function matchEnd(text: string, start: number, quote: string): number | null {
  let [at, quoteAt] = [start, 0];
  while (quoteAt < quote.length) {
    const [divided, quoteDivided] = [divisionEnd(text, at), divisionEnd(quote, quoteAt)];
    // "exam-⏎ple" is "example" and "well-⏎known" may be "well-known": a hyphen on the other side decides.
    if (divided !== null || quoteDivided !== null) {
      const isHyphen = divided !== null && HYPHEN.test(quote[quoteAt]!);
      const isQuoteHyphen = quoteDivided !== null && at < text.length && HYPHEN.test(text[at]!);
      at = divided ?? (isQuoteHyphen ? at + 1 : at);
      quoteAt = quoteDivided ?? (isHyphen ? quoteAt + 1 : quoteAt);
      continue;
    }
    const [next, quoteNext] = [afterLoose(text, at), afterLoose(quote, quoteAt)];
    if (next.isSpaced !== quoteNext.isSpaced) {
      const isFree = UNSPACED.test(text[at - 1] ?? '') || UNSPACED.test(text[next.at] ?? '');
      if (!isFree) return null;
    }
    [at, quoteAt] = [next.at, quoteNext.at];
    if (divisionEnd(text, at) !== null || divisionEnd(quote, quoteAt) !== null) continue;
    if (quoteAt >= quote.length) break;
    if (at >= text.length || !isSame(text[at]!, quote[quoteAt]!)) return null;
    at++;
    quoteAt++;
  }
  return at;
}

/** Past a hyphen at a line's end within a word, with the white space behind it; null where there is none. */
function divisionEnd(text: string, at: number): number | null {
  if (!HYPHEN.test(text[at] ?? '') && text[at] !== '\u00ad') return null;
  const match = /[-\u00ad\u2010\u2011][ \t]*\n\s*/y;
  match.lastIndex = at;
  return match.test(text) && /\p{L}/u.test(text[at - 1] ?? '') ? match.lastIndex : null;
}

function afterLoose(text: string, from: number): { at: number; isSpaced: boolean } {
  let at = from;
  let isSpaced = false;
  for (; at < text.length; at++) {
    const character = text[at]!;
    if (UNSEEN.test(character)) continue;
    if (!/\s/.test(character)) break;
    isSpaced = true;
  }
  return { at, isSpaced };
}

const isSame = (a: string, b: string): boolean =>
  a === b || (HYPHEN.test(a) && HYPHEN.test(b)) || (dense(a) !== '' && dense(a) === dense(b));

/** "art" is no quote from "party". */
function isWhole(text: string, start: number, end: number): boolean {
  const isCut = (at: number): boolean => {
    const [before, after] = [text[at - 1] ?? '', text[at] ?? ''];
    return WORD.test(before) && WORD.test(after) && !UNSPACED.test(before) && !UNSPACED.test(after);
  };
  return !isCut(start) && !isCut(end);
}

function spansOf(document: SourceDocument, starts: readonly number[], from: number, to: number): Span[] {
  return document.sections.flatMap(({ text }, sectionIndex) => {
    const start = Math.max(0, from - starts[sectionIndex]!);
    const end = Math.min(text.length, to - starts[sectionIndex]!);
    return end > start ? [{ sectionIndex, start, end }] : [];
  });
}
