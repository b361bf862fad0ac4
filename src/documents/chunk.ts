// A document in passages that fit a model: cut at sentences, rather at paragraphs, rather still at headings. The spans of all
// passages together are the whole text, each piece once and in order. Counting is what costs, so a passage is guessed from
// the one before and counted two or three times, whatever its length.
import { AppError } from '#base/errors.ts';
import { sentenceEnds } from '#base/sentences.ts';
import type { Section, SourceDocument, Span } from './document.ts';

export type Passage = {
  /** The spans' texts, sections apart by an empty line; what a model is given. */
  readonly text: string;
  readonly tokenCount: number;
  readonly spans: readonly Span[];
};

export type ChunkOptions = {
  /** Of a passage; at most so many tokens. */
  readonly maxTokens: number;
  /** Counts without marks of beginning or end. It may be a call to another thread. */
  readonly countTokens: (text: string) => number | Promise<number>;
  readonly signal?: AbortSignal | undefined;
};

/** Between the sections of one passage. */
export const SECTION_BREAK = '\n\n';

/** What a unit ends with; a passage rather ends with more. */
const BORDER = { none: 0, sentence: 1, paragraph: 2, section: 3 } as const;
type Unit = Span & { readonly border: number };

/** No token holds more characters on average; a longer sentence cannot fit, and is cut before it is counted. */
const MAX_CHARACTERS_A_TOKEN = 12;
/** A passage this full is not tried for more. */
const FULL = 0.85;
const MAX_TRIES = 6;

type Chunked = Pick<SourceDocument, 'sections' | 'kind'>;

/** Cuts a document into passages. Throws `document-passage` when one character has more tokens than a passage may. */
export async function chunkDocument(document: Chunked, options: ChunkOptions): Promise<Passage[]> {
  const units = unitsOf(document, options.maxTokens * MAX_CHARACTERS_A_TOKEN);
  const passages: Passage[] = [];
  let charactersAToken = 3;
  while (units.left > 0) {
    options.signal?.throwIfAborted();
    const passage = await nextPassage(document.sections, units, options, charactersAToken);
    passages.push(passage);
    if (passage.tokenCount > 0) charactersAToken = Math.max(0.25, passage.text.length / passage.tokenCount);
  }
  return passages;
}

/** The units that are in no passage yet: `list` from `from` on. A unit that is too long is replaced by its halves. */
type Units = { list: Unit[]; from: number; readonly left: number };

async function nextPassage(
  sections: readonly Section[],
  units: Units,
  { maxTokens, countTokens }: ChunkOptions,
  charactersAToken: number,
): Promise<Passage> {
  const measure = async (count: number): Promise<Passage> => {
    const spans = joinUnits(units.list.slice(units.from, units.from + count));
    const text = passageText(sections, spans);
    return { text, spans, tokenCount: await countTokens(text) };
  };
  const countWithin = (characters: number): number => {
    let sum = 0;
    let count = 0;
    for (; count < units.left; count++) {
      const { start, end } = units.list[units.from + count]!;
      sum += end - start;
      if (sum > characters) break;
    }
    return count;
  };
  let fits: { count: number; passage: Passage } | null = null;
  let tooMany = units.left + 1;
  let tried = Math.max(1, countWithin(maxTokens * charactersAToken * 0.95));
  for (let tries = 0; ; tries++) {
    const passage = await measure(tried);
    const { tokenCount, text } = passage;
    if (tokenCount <= maxTokens) {
      fits = { count: tried, passage };
      if (tries >= MAX_TRIES || tokenCount >= maxTokens * FULL || tried + 1 >= tooMany) break;
      const more = countWithin(text.length * Math.min(8, maxTokens / Math.max(1, tokenCount)) * 0.97);
      tried = Math.min(tooMany - 1, Math.max(tried + 1, more));
    } else {
      tooMany = tried;
      if (fits !== null && (tries >= MAX_TRIES || tried - 1 <= fits.count)) break;
      if (tried === 1) {
        splitFirst(sections, units, maxTokens, tokenCount);
        tooMany = units.left + 1;
        continue;
      }
      const fewer = countWithin(text.length * (maxTokens / tokenCount) * 0.95);
      // After some tries the counts are no guide, and halves are.
      const next = tries < MAX_TRIES ? Math.min(tried - 1, fewer) : tried >> 1;
      tried = Math.max(fits === null ? 1 : fits.count + 1, next);
    }
  }
  const better = betterCount(units, fits.count);
  if (better !== fits.count) {
    const passage = await measure(better);
    if (passage.tokenCount <= maxTokens) fits = { count: better, passage };
  }
  units.from += fits.count;
  return fits.passage;
}

/** Fewer units, when they end with a heading's section in the second half, or with a paragraph in the last quarter. */
function betterCount({ list, from, left }: Units, count: number): number {
  if (count === left) return count;
  const taken = list.slice(from, from + count);
  const lengths = taken.map(({ start, end }) => end - start);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let best: { count: number; border: number } = { count, border: taken.at(-1)!.border };
  let rest = 0;
  for (let index = count - 1; index > 0 && rest < total / 2; index--) {
    rest += lengths[index]!;
    const { border } = taken[index - 1]!;
    const isNear = border === BORDER.section ? rest <= total / 2 : border === BORDER.paragraph && rest <= total / 4;
    if (isNear && border > best.border) best = { count: index, border };
  }
  return best.count;
}

function unitsOf({ sections, kind }: Chunked, maxCharacters: number): Units {
  const list: Unit[] = [];
  sections.forEach(({ text, page }, sectionIndex) => {
    let start = 0;
    for (const end of sentenceEnds(text, kind === 'code')) {
      for (; end - start > maxCharacters;) {
        const cut = cutNear(text, start, start + Math.max(1, maxCharacters), start + maxCharacters / 2);
        list.push({ sectionIndex, start, end: cut, border: BORDER.none });
        start = cut;
      }
      // A page ends anywhere, also within a sentence; the section under a heading ends a thought.
      const isLast = end === text.length;
      const border =
        isLast && page === null ? BORDER.section : endsParagraph(text, end) ? BORDER.paragraph : BORDER.sentence;
      if (end > start) list.push({ sectionIndex, start, end, border });
      start = end;
    }
  });
  return {
    list,
    from: 0,
    get left() {
      return this.list.length - this.from;
    },
  };
}

const endsParagraph = (text: string, end: number): boolean =>
  /\n[ \t]*\n\s*$/.test(text.slice(Math.max(0, end - 20), end));

/** Replaces the first unit, which alone is too long, by two. */
function splitFirst(sections: readonly Section[], units: Units, maxTokens: number, tokenCount: number): void {
  const unit = units.list[units.from]!;
  const { sectionIndex, start, end, border } = unit;
  const { text } = sections[sectionIndex]!;
  const wanted = Math.min((end - start) * 0.9, (end - start) * (maxTokens / tokenCount) * 0.9);
  const cut = cutNear(text, start, start + wanted, start + wanted / 2);
  if (cut >= end) throw new AppError('document-passage', { tokens: tokenCount, limit: maxTokens });
  const halves = [
    { sectionIndex, start, end: cut, border: BORDER.none },
    { sectionIndex, start: cut, end, border },
  ];
  // The units before are in passages already, so the second place can be overwritten when there is one.
  if (units.from > 0) units.list.splice(--units.from, 2, ...halves);
  else units.list.splice(0, 1, ...halves);
}

/** A place to cut at or before `near`, after `least` if one is good: a line's end, a clause, a space; else between characters. */
function cutNear(text: string, start: number, near: number, least: number): number {
  const to = Math.max(start + 1, Math.floor(near));
  const from = Math.max(start + 1, Math.floor(least));
  for (const border of [/\n/, /[;:,،؛、，；]/, /\s/]) {
    for (let at = to; at > from; at--) if (border.test(text[at - 1]!)) return at;
  }
  const isInside = (at: number): boolean =>
    /[\udc00-\udfff]/.test(text[at] ?? '') && /[\ud800-\udbff]/.test(text[at - 1]!);
  return isInside(to) ? (to - 1 > start ? to - 1 : to + 1) : to;
}

/** Neighbours in one section become one span. */
function joinUnits(units: readonly Unit[]): Span[] {
  const spans: Span[] = [];
  for (const { sectionIndex, start, end } of units) {
    const last = spans.at(-1);
    if (last?.sectionIndex === sectionIndex) spans[spans.length - 1] = { ...last, end };
    else spans.push({ sectionIndex, start, end });
  }
  return spans;
}

/** The words of some spans, as a passage has them. */
export const passageText = (sections: readonly Section[], spans: readonly Span[]): string =>
  spans.map(({ sectionIndex, start, end }) => sections[sectionIndex]!.text.slice(start, end)).join(SECTION_BREAK);
