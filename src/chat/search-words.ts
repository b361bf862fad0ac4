// How texts become the terms that are searched. One form for what is written and what is typed, in every script.

/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+/gu;
const WORD = /[\p{L}\p{N}\p{M}\u0640]+/gu;
/** The Arabic article, with the particles that are written before it as one word. */
const ARABIC_ARTICLE = /^[وفبك]?(?:ال|لل)(?=\p{sc=Arabic}{3})/u;

/** Text without what people leave out when they search: case, accents, Arabic vowel signs, tatweel and forms of alef. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\p{M}\u0640]/gu, '')
    .normalize('NFC') // Hangul was taken apart too
    .toLowerCase()
    .replace(/[\u0671]/g, '\u0627')
    .replace(/\u0649/g, '\u064a')
    .replace(/\u0629/g, '\u0647');
}

type Word = { readonly text: string; readonly start: number };

/** The words of a text where they stand. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const found of text.matchAll(WORD)) {
    const run = found[0];
    if (run.search(UNSPACED) < 0) words.push({ text: run, start: found.index });
    else for (const { segment, index } of segmentsOf(run)) words.push({ text: segment, start: found.index + index });
  }
  return words;
}

/** The terms under which a text is found. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const { text: word } of wordsOf(text)) {
    const term = foldText(word);
    if (term === '') continue;
    terms.push(term);
    const stem = term.replace(ARABIC_ARTICLE, '');
    if (stem !== term) terms.push(stem);
  }
  return terms;
}

/** What is looked for: every word must begin a term; an Arabic one also without its article. */
export function queryTerms(query: string): string[] {
  return wordsOf(query)
    .map(({ text }) => foldText(text).replace(ARABIC_ARTICLE, ''))
    .filter((term) => term !== '');
}

let segmenter: Intl.Segmenter | null | undefined;

function segmentsOf(run: string): { segment: string; index: number }[] {
  segmenter ??= 'Segmenter' in Intl ? new Intl.Segmenter(undefined, { granularity: 'word' }) : null;
  // Without a segmenter each character is a word: more is found than should be, and nothing is missed.
  if (segmenter === null) return [...run.matchAll(/./gsu)].map(({ 0: segment, index }) => ({ segment, index }));
  return [...segmenter.segment(run)];
}
