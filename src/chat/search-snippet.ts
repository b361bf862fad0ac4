import { foldText, queryTerms, wordsOf } from './search-words.ts';

export type SnippetPart = { readonly text: string; readonly isMatch: boolean };

const BEFORE = 40;
const LENGTH = 160;
/** Beyond this a text is not searched for the place to show: its beginning is shown instead. */
const SEARCHED_CHARACTERS = 200_000;

/** The part of a text in which the query's words stand, with them marked. */
export function snippetOf(text: string, query: string): SnippetPart[] {
  const terms = queryTerms(query);
  const isMatch = (word: string): boolean => {
    const folded = foldText(word);
    return terms.some((term) => folded.startsWith(term) || (folded.length > term.length && folded.includes(term)));
  };
  const words = wordsOf(text.slice(0, SEARCHED_CHARACTERS));
  const first = words.find(({ text: word }) => isMatch(word))?.start ?? 0;
  const from = first <= BEFORE ? 0 : (words.find(({ start }) => start >= first - BEFORE)?.start ?? first);
  const to = Math.min(text.length, from + LENGTH);
  const parts: SnippetPart[] = from > 0 ? [{ text: '…', isMatch: false }] : [];
  let at = from;
  for (const word of words) {
    if (word.start < from || word.start + word.text.length > to || !isMatch(word.text)) continue;
    if (word.start > at) parts.push({ text: spaced(text.slice(at, word.start)), isMatch: false });
    parts.push({ text: word.text, isMatch: true });
    at = word.start + word.text.length;
  }
  if (at < to) parts.push({ text: spaced(text.slice(at, to)), isMatch: false });
  if (to < text.length) parts.push({ text: '…', isMatch: false });
  return parts;
}

const spaced = (text: string): string => text.replace(/\s+/g, ' ');
