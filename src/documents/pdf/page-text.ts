// The text of a page from pieces of text and their places: lines in reading order, right-to-left text in logical order,
// paragraphs apart by an empty line, words that were divided at a line's end whole again.

/** A piece of text as pdf.js gives it, its letters in logical order; lengths in points. */
export type PlacedText = {
  readonly text: string;
  readonly direction: 'ltr' | 'rtl' | 'ttb';
  /** `[a, b, c, d, x, y]`: the matrix from text to page. */
  readonly transform: readonly number[];
  readonly width: number;
  readonly height: number;
};

type Run = {
  readonly text: string;
  /** Along and across the writing, whatever way the page is turned; `across` grows upwards. */
  readonly start: number;
  readonly end: number;
  readonly across: number;
  readonly size: number;
  readonly angle: number;
  readonly direction: PlacedText['direction'];
  readonly order: number;
  /** White space stands between this and the run before it in the file. */
  readonly isSpaced: boolean;
};

type Line = { runs: Run[]; across: number; size: number; angle: number };

/** Reads one page. Pieces come in the file's order, which is trusted as far as it goes down the page, column by column. */
export function pageText(pieces: readonly PlacedText[]): string {
  const runs = runsOf(pieces);
  let lines = linesOf(runs);
  if (isDisordered(lines)) {
    lines = linesOf(runs.toSorted((a, b) => a.angle - b.angle || rowOf(b) - rowOf(a) || a.start - b.start));
  }
  return joinHyphens(joinLines(lines)).trim();
}

/** Ligatures, Arabic letters by their place in a word, and wide spaces: forms of drawing, which no one would type. */
const DRAWN_FORMS = /[\u00a0\u2000-\u200a\u202f\u3000\ufb00-\ufdff\ufe70-\ufefc]+/g;

const asTyped = (text: string): string => text.replace(DRAWN_FORMS, (drawn) => drawn.normalize('NFKC'));

function runsOf(pieces: readonly PlacedText[]): Run[] {
  const runs: Run[] = [];
  let isSpaced = false;
  for (const { text: drawn, direction, transform, width, height } of pieces) {
    const text = asTyped(drawn);
    if (!/\S/.test(text)) {
      isSpaced ||= text !== '';
      continue;
    }
    const [a = 1, b = 0, c = 0, d = 1, x = 0, y = 0] = transform;
    const angle = Math.round(Math.atan2(b, a) / (Math.PI / 2)) & 3;
    const [start, across] = [
      [x, y],
      [y, -x],
      [-x, -y],
      [-y, x],
    ][angle] as [number, number];
    const size = Math.hypot(c, d) || height || 1;
    const end = start + width;
    runs.push({ text, start, end, across, size, angle, direction, order: runs.length, isSpaced });
    isSpaced = false;
  }
  return runs;
}

/** Half a letter's height decides: a raised figure stays in its line. */
const rowOf = ({ across, size }: Run): number => Math.round((across / size) * 2);

function linesOf(runs: readonly Run[]): Line[] {
  const lines: Line[] = [];
  for (const run of runs) {
    const line = lines.at(-1);
    const isSame =
      line !== undefined &&
      run.direction !== 'ttb' &&
      line.angle === run.angle &&
      Math.abs(line.across - run.across) < 0.5 * Math.max(line.size, run.size);
    if (isSame) {
      line.runs.push(run);
      if (run.size > line.size) [line.size, line.across] = [run.size, run.across];
    } else {
      lines.push({ runs: [run], across: run.across, size: run.size, angle: run.angle });
    }
  }
  return lines;
}

/** True when the file goes up the page again and again, more often than columns and notes explain. */
function isDisordered(lines: readonly Line[]): boolean {
  let up = 0;
  for (let i = 1; i < lines.length; i++) {
    const [before, line] = [lines[i - 1]!, lines[i]!];
    if (line.angle === before.angle && line.across > before.across + line.size) up++;
  }
  return up > 2 && up > lines.length * 0.25;
}

function joinLines(lines: readonly Line[]): string {
  const gaps = lines
    .slice(1)
    .map((line, index) => lines[index]!.across - line.across)
    .filter((gap) => gap > 0)
    .toSorted((a, b) => a - b);
  const usual = gaps.length > 3 ? gaps[gaps.length >> 1]! : null;
  let text = '';
  lines.forEach((line, index) => {
    const before = lines[index - 1];
    if (before !== undefined) {
      const gap = before.across - line.across;
      const isApart = usual === null ? gap > 1.8 * line.size : gap > 1.35 * usual && gap > 1.2 * line.size;
      const isOtherSize = Math.max(line.size / before.size, before.size / line.size) > 1.2;
      text += isApart || (isOtherSize && gap > 0) || line.angle !== before.angle ? '\n\n' : '\n';
    }
    text += lineText(line);
  });
  return text;
}

const RTL_LETTER = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const RTL_LETTERS = new RegExp(RTL_LETTER, 'g');
const WORD = /[\p{L}\p{N}]/u;
const WORD_LETTERS = new RegExp(WORD, 'gu');

function lineText({ runs }: Line): string {
  const all = runs.map(({ text }) => text).join('');
  const rtlLetters = all.match(RTL_LETTERS)?.length ?? 0;
  const isRtl = rtlLetters * 2 > (all.match(WORD_LETTERS)?.length ?? 0);
  const ordered = rtlLetters === 0 && isForward(runs) ? runs : logicalOrder(runs, isRtl);
  let text = '';
  ordered.forEach((run, index) => {
    const before = ordered[index - 1];
    if (before !== undefined && !text.endsWith(' ') && !run.text.startsWith(' ') && isApart(before, run)) text += ' ';
    text += run.text;
  });
  return text.replace(/\s+/g, ' ').trim();
}

const isForward = (runs: readonly Run[]): boolean =>
  runs.every((run, index) => index === 0 || run.start >= runs[index - 1]!.start);

/** From left-to-right places to the order of reading: runs against the line's direction are turned round as a group. */
function logicalOrder(runs: readonly Run[], isRtl: boolean): Run[] {
  const placed = runs.toSorted((a, b) => a.start - b.start || a.order - b.order);
  if (isRtl) placed.reverse();
  const isAgainst = (run: Run): boolean => RTL_LETTER.test(run.text) !== isRtl && WORD.test(run.text);
  for (let from = 0; from < placed.length; from++) {
    if (!isAgainst(placed[from]!)) continue;
    let to = from;
    for (let next = from + 1; next < placed.length; next++) {
      if (isAgainst(placed[next]!)) to = next;
      else if (WORD.test(placed[next]!.text)) break;
    }
    placed.splice(from, to - from + 1, ...placed.slice(from, to + 1).reverse());
    from = to;
  }
  return placed;
}

function isApart(a: Run, b: Run): boolean {
  if (b.order === a.order + 1 && b.isSpaced) return true;
  if (a.order === b.order + 1 && a.isSpaced) return true;
  const gap = Math.max(a.start, b.start) - Math.min(a.end, b.end);
  return gap > 0.2 * Math.min(a.size, b.size);
}

/** A word divided at a line's end becomes whole; a hyphen before a capital or a figure is the word's own. */
const joinHyphens = (text: string): string =>
  text.replace(/\u00ad\n?/g, '').replace(/(\p{Ll})[-\u2010]\n(?=\p{Ll})/gu, '$1');
