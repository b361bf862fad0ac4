// What a rendered text says, in utterances short enough to be spoken: Chromium falls silent about 15 s into one utterance of a
// voice from the network. Each knows which characters of the page it says, so that they can be shown while they are spoken.
import { sentenceEnds } from '#base/sentences.ts';
import { latinLanguageOf, languageOfText } from './spoken-language.ts';

/** A stretch of the page: its text and where that begins, words said in place of something else, or a pause. */
export type Run =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'said'; readonly text: string }
  /** Between the cells of a row; between blocks. */
  | { readonly kind: 'pause'; readonly length: 'short' | 'long' };

/** Says `from` to `from + length` of the utterance with the page's characters `at` to `at + atLength`. */
export type Piece = {
  readonly from: number;
  readonly length: number;
  readonly at: number;
  readonly atLength: number;
};

export type Utterance = {
  readonly text: string;
  /** A BCP 47 language. */
  readonly language: string;
  readonly pieces: readonly Piece[];
};

/** A stretch of the page's text. */
export type Place = { readonly start: number; readonly end: number };

/** About 12 s of speech. */
export const MAX_UTTERANCE = 180;

const URL = /\b(?:https?:\/\/|www\.)[^\s<>"'）】]+/g;
/** Marks that some voices name one by one; in running text they say nothing. */
const SILENT_MARKS = /[*_#`|~<>{}[\]\\]/g;

/** The utterances of a text, in order. Text of Latin letters whose language cannot be told is taken for `fallback`'s. */
export function utterancesOf(runs: readonly Run[], fallback: string): Utterance[] {
  const all = runs.map((run) => (run.kind === 'pause' ? ' ' : run.text)).join('');
  const latin = latinLanguageOf(all, fallback);
  const utterances: Utterance[] = [];
  for (const block of blocksOf(runs)) {
    let start = 0;
    for (const end of endsOf(block.text)) {
      const utterance = cut(block, start, end);
      start = end;
      if (!/[\p{L}\p{N}]/u.test(utterance.text)) continue;
      utterances.push({ ...utterance, language: languageOfText(utterance.text, latin) });
    }
  }
  return utterances;
}

/** Where the characters `from` to `from + length` of an utterance stand in the page; null for words that stand nowhere. */
export function placeOf(utterance: Utterance, from: number, length: number): Place | null {
  const end = from + length;
  const said = utterance.pieces.filter((piece) => piece.from < end && piece.from + piece.length > from);
  const first = said[0];
  const last = said.at(-1);
  if (first === undefined || last === undefined) return null;
  return { start: toPage(first, from, 'start'), end: toPage(last, end, 'end') };
}

/** Where all that an utterance says stands. */
export const wholePlace = (utterance: Utterance): Place | null => placeOf(utterance, 0, utterance.text.length);

/** The word that begins at `from`, for browsers that do not say how long it is. */
export function wordLengthAt(text: string, from: number): number {
  return /^[\p{L}\p{N}\p{M}]+(?:['’.-][\p{L}\p{N}\p{M}]+)*/u.exec(text.slice(from))?.[0].length ?? 1;
}

function toPage(piece: Piece, offset: number, side: 'start' | 'end'): number {
  const inside = Math.min(Math.max(offset - piece.from, 0), piece.length);
  if (piece.length === piece.atLength) return piece.at + inside;
  return side === 'start' ? piece.at : piece.at + piece.atLength; // said otherwise than written: as a whole
}

type Block = { text: string; pieces: Piece[] };

/** Joins runs up to the next long pause, and says addresses by their host. */
function blocksOf(runs: readonly Run[]): Block[] {
  const blocks: Block[] = [];
  let block: Block = { text: '', pieces: [] };
  const add = (text: string, at: number | null, atLength = text.length): void => {
    if (text === '') return;
    if (at !== null) block.pieces.push({ from: block.text.length, length: text.length, at, atLength });
    block.text += text;
  };
  for (const run of runs) {
    if (run.kind === 'said') add(run.text, null);
    else if (run.kind === 'text') {
      let from = 0;
      const plain = (to: number): void => add(run.text.slice(from, to).replace(SILENT_MARKS, ' '), run.at + from);
      for (const match of run.text.matchAll(URL)) {
        plain(match.index);
        add(hostOf(match[0]), run.at + match.index, match[0].length);
        from = match.index + match[0].length;
      }
      plain(run.text.length);
    } else if (run.length === 'long') {
      blocks.push(block);
      block = { text: '', pieces: [] };
    } else if (!/[\s,،、。.:;!?؟]$/u.test(block.text) && block.text !== '') add(', ', null);
  }
  return [...blocks, block].filter(({ text }) => text.trim() !== '');
}

function hostOf(address: string): string {
  const host = /^(?:https?:\/\/)?(?:www\.)?([^/?#:]+)/.exec(address)?.[1] ?? address;
  return host.replace(/[.,;!]+$/, '');
}

/** Ends of sentences, and within a long one of its clauses or words. */
function endsOf(text: string): number[] {
  const ends: number[] = [];
  let start = 0;
  for (const end of sentenceEnds(text)) {
    while (end - start > MAX_UTTERANCE) {
      start = breakIn(text, start);
      ends.push(start);
    }
    if (end > start) ends.push(end);
    start = end;
  }
  return ends;
}

function breakIn(text: string, start: number): number {
  const limit = start + MAX_UTTERANCE;
  for (const border of [/[;:,،؛、，；\n–—]/, /\s/]) {
    for (let at = limit; at > start + MAX_UTTERANCE / 3; at--) if (border.test(text[at - 1]!)) return at;
  }
  return /[\udc00-\udfff]/.test(text[limit]!) ? limit - 1 : limit;
}

function cut(block: Block, start: number, end: number): Omit<Utterance, 'language'> {
  const pieces = block.pieces
    .filter((piece) => piece.from < end && piece.from + piece.length > start)
    .map((piece) => {
      const from = Math.max(piece.from, start);
      const to = Math.min(piece.from + piece.length, end);
      const isSame = piece.length === piece.atLength;
      return {
        from: from - start,
        length: to - from,
        at: isSame ? piece.at + from - piece.from : piece.at,
        atLength: isSame ? to - from : piece.atLength,
      };
    });
  return { text: block.text.slice(start, end), pieces };
}
