// Which passages of a long text have to do with a question: by the words they share, the rare ones counting most (BM25). It takes
// a moment where reading all of the text with the model takes minutes, and finds only what is said in the question's words.
// Only the question's words are counted, so no index of the text is made.
import { foldText, termsOf, wordsOf } from './search-words.ts';

type Counted = { readonly text: string; readonly tokenCount: number };

/** BM25's own: how soon a word that comes again counts no more, and how much longer passages are held back. */
const SATURATION = 1.2;
const LENGTH = 0.75;
/** Another form of a word counts less than the word. */
const OTHER_FORM = 0.6;
/** Words begin alike for at least so many letters when they are forms of one. */
const STEM = 4;

/**
 * The passages that fit into `maxTokens` together and say most about the question, in the text's order. Where none shares a
 * word with it, as many as fit from the beginning.
 */
export function selectPassages<Passage extends Counted>(
  question: string,
  passages: readonly Passage[],
  maxTokens: number,
): Passage[] {
  const scores = scoresOf(question, passages);
  const ranked = [...passages.keys()].filter((at) => scores[at]! > 0).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const isFound = ranked.length > 0;
  const chosen: number[] = [];
  let left = maxTokens;
  for (const at of isFound ? ranked : passages.keys()) {
    const { tokenCount } = passages[at]!;
    if (tokenCount <= left) {
      left -= tokenCount;
      chosen.push(at);
    } else if (!isFound) break; // a beginning has no holes
  }
  return chosen.sort((a, b) => a - b).map((at) => passages[at]!);
}

function scoresOf(question: string, passages: readonly Counted[]): number[] {
  const asked = [...new Set(stemsOf(question))];
  const counted = passages.map(({ text }) => countTerms(asked, stemsOf(text)));
  const meanLength = counted.reduce((sum, { length }) => sum + length, 0) / Math.max(1, counted.length);
  const rarity = asked.map((_, term) => {
    const having = counted.filter(({ counts }) => counts[term]! > 0).length;
    return Math.log(1 + (passages.length - having + 0.5) / (having + 0.5));
  });
  return counted.map(({ counts, length }) => {
    const held = SATURATION * (1 - LENGTH + (LENGTH * length) / Math.max(1, meanLength));
    return counts.reduce((sum, count, term) => sum + (rarity[term]! * count * (SATURATION + 1)) / (count + held), 0);
  });
}

function countTerms(asked: readonly string[], terms: readonly string[]): { counts: number[]; length: number } {
  const counts = asked.map(() => 0);
  for (const term of terms) {
    for (const [at, one] of asked.entries()) {
      if (term === one) counts[at]! += 1;
      else if (term[0] === one[0] && isOtherForm(term, one)) counts[at]! += OTHER_FORM;
    }
  }
  return { counts, length: terms.length };
}

/** "lamp" and "lamps", "moving" and "moved": three quarters of the shorter one are the same. */
function isOtherForm(one: string, other: string): boolean {
  const shorter = Math.min(one.length, other.length);
  if (shorter < STEM || Math.abs(one.length - other.length) > STEM) return false;
  const alike = Math.max(STEM, Math.ceil(shorter * 0.75));
  return one.slice(0, alike) === other.slice(0, alike);
}

/** The terms of a text; Korean words also by their first two syllables, because particles are written onto them. */
function stemsOf(text: string): string[] {
  const stems = wordsOf(text)
    .filter(({ text: word }) => /^\p{Script=Hangul}{3,}$/u.test(word))
    .map(({ text: word }) => foldText(word).slice(0, 2));
  return [...termsOf(text), ...stems];
}
