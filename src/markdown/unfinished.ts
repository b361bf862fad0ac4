// The end of a text that is still being written, completed to what it most likely becomes: no mark flashes as a character
// for a moment, nothing changes its kind with the next word.
import { OPEN_END } from './math-syntax.ts';

/** A last line that may yet become a fence, a list, a heading, a rule or a table: it waits for its next character. */
const UNDECIDED =
  /(^|\n)[ \t]*(?:[`~]{1,2}|[-=*+_]{1,3}|\d{1,9}[.)]?|#{1,6}|>+|\||\[[ xX]?\]?|[-*+][ \t]+\[?[ xX]?\]?)[ \t]*$/;
const TABLE_HEAD = /(?:^|\n)(\|[^\n]+)(\n[ \t|:-]*)?$/;

/** Completes the last block of an unfinished text for being shown. */
export function completeTail(source: string): string {
  const undecided = UNDECIDED.exec(source);
  const text = undecided === null ? source : source.slice(0, undecided.index + undecided[1]!.length);
  const table = TABLE_HEAD.exec(text);
  if (table !== null) return completeTable(text, table[1]!, table[2]);
  return closeInline(text);
}

/** A head without its line of dashes, or with a part of it. More rows than a head need no help. */
function completeTable(text: string, head: string, dashes: string | undefined): string {
  const before = text.slice(0, text.length - head.length - (dashes?.length ?? 0));
  // A row of a table that has begun: only its own marks are open.
  if (/\n[ \t]*\|?[ \t:-]*-[ \t|:-]*\n(?:[^\n]+\n)*$/.test(before)) return closeInline(text);
  const row = head.trimEnd().endsWith('|') ? head.trimEnd() : `${closeInline(head)} |`;
  const columns = row.split(/(?<!\\)\|/).length - 2;
  return columns < 1 ? text : `${before}${row}\n${'|-'.repeat(columns)}|`;
}

/** Closes what is open in the last paragraph: code, formulas, emphasis, links. */
function closeInline(text: string): string {
  const from = text.lastIndexOf('\n\n') + 1;
  const open: string[] = [];
  let code = '';
  for (let at = from; at < text.length;) {
    const rest = text.slice(at, at + 64);
    const ticks = /^`+/.exec(rest)?.[0];
    if (ticks !== undefined) {
      if (code === '') code = ticks;
      else if (code === ticks) code = '';
      at += ticks.length;
    } else if (code !== '') at++;
    else if (/^\\[([]/.test(rest)) {
      const close = text.indexOf(rest[1] === '(' ? '\\)' : '\\]', at + 2);
      if (close < 0) return text + OPEN_END;
      at = close + 2;
    } else if (rest.startsWith('$$')) {
      const close = text.indexOf('$$', at + 2);
      if (close < 0) return text.length - at > 2 ? text.replace(/\$$/, '') + OPEN_END : text.slice(0, at);
      at = close + 2;
    } else if (rest[0] === '\\') at += 2;
    else {
      const mark = /^(?:\*\*\*|\*\*|\*|~~)/.exec(rest)?.[0];
      if (mark !== undefined) toggle(open, mark, text[at - 1], text[at + mark.length]);
      at += mark?.length ?? 1;
    }
  }
  if (code !== '') return text.endsWith(code) ? text.slice(0, -code.length) : text + code;
  const linked = text.replace(/!?\[([^[\]\n]{0,500})\]\([^()\s]*$/, '$1').replace(/!?\[([^[\]\n]{0,500})\]?$/, '$1');
  return open.reduceRight(
    (done, mark) => (done.endsWith(mark) ? done.slice(0, -mark.length) : closed(done, mark)),
    linked,
  );
}

/** A space between a word and its closing mark would keep it from closing. */
function closed(text: string, mark: string): string {
  const end = text.trimEnd();
  return end + mark + text.slice(end.length);
}

function toggle(open: string[], mark: string, before: string | undefined, after: string | undefined): void {
  const isClosing = before !== undefined && !/\s/.test(before);
  if (isClosing && open.includes(mark)) open.splice(open.lastIndexOf(mark));
  else if (after === undefined || !/\s/.test(after)) open.push(mark);
}
