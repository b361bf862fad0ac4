// Divides a growing text into blocks. What is settled is never parsed again: the work for a word is that of the block it
// stands in, a list or a table counts item by item, and code is only searched for its end.
//
//   text  ├─ settled ───────────────┼─ tail ──────────┤
//                                   ^ #at             parsed anew with every change
import type { Token, Tokens } from 'marked';
import { FENCE, findBound, WINDOW } from './block-bounds.ts';
import { lex } from './lex.ts';
import { completeTail } from './unfinished.ts';

export type ListBlock = {
  kind: 'list';
  ordered: boolean;
  start: number;
  mark: string;
  items: Tokens.ListItem[];
  settled: number;
};
export type TableBlock = { kind: 'table'; head: Tokens.Table; rows: Tokens.TableCell[][]; settled: number };
export type CodeBlockText = { kind: 'code'; language: string; text: string; open: boolean };
export type Block =
  { kind: 'flow'; token: Token } | ListBlock | TableBlock | CodeBlockText | { kind: 'plain'; text: string };

type Fence = { mark: string; from: number; scanned: number; block: CodeBlockText };

export class BlockStream {
  /** In order. The first `settled` of them never change; of a list or table beyond that, its own first `settled` parts. */
  readonly blocks: Block[] = [];
  settled = 0;
  /** Characters given to the parser so far: what the rendering of an answer costs. */
  lexedChars = 0;
  #text = '';
  #ended = false;
  #at = 0;
  /** A list or a table whose settled parts are left of `#at`; it is the last block. */
  #open: ListBlock | TableBlock | null = null;
  #tableHead = '';
  #fence: Fence | null = null;
  /** Up to where `advance` has looked: without a new line there is nothing new to settle. */
  #seen = 0;

  /** Sets the text so far, which must begin with the text before it. `ended`: no more follows. */
  extend(text: string, ended: boolean): void {
    this.#text = text;
    this.#ended = ended;
  }

  /** Settles what it can of one window of text. True when there may be more to settle. */
  advance(): boolean {
    if (this.#at >= this.#text.length) {
      if (this.#ended) this.#finish();
      return false;
    }
    if (this.#fence !== null) return this.#advanceCode(this.#fence);
    if (!this.#ended && this.#text.indexOf('\n', this.#seen) < 0 && this.#text.length - this.#at < WINDOW) return false;
    const window = this.#text.slice(this.#at, this.#at + WINDOW);
    const isLast = this.#at + window.length === this.#text.length;
    this.#seen = this.#at + window.length;
    const bound = findBound(window);
    if (bound.kind === 'fence' && bound.at === 0) return this.#beginCode();
    if (bound.kind === 'wild' && bound.at === 0) {
      // The line itself may be longer than the window; the rest of it is looked at by itself.
      return this.#settlePlain(
        isLast && !this.#ended && !window.includes('\n') && window.length < WINDOW ? 0 : bound.end,
      );
    }
    const isClosed = bound.kind !== 'end' || (isLast && this.#ended);
    const from = this.#at;
    this.#settleTokens(window.slice(0, bound.at), isClosed);
    if (this.#at > from) {
      if (isLast && bound.kind === 'end') return false; // what is left has just been read
      this.#seen = this.#at;
      return true;
    }
    if (bound.at < WINDOW) return false;
    const lineEnd = window.lastIndexOf('\n') + 1;
    return this.#settlePlain(lineEnd > 0 ? lineEnd : window.length);
  }

  /** Replaces the unsettled blocks by what the tail looks like now. Only after `advance` returned false. */
  showTail(): void {
    this.blocks.length = this.settled;
    if (this.#fence !== null) {
      this.blocks.push(this.#fence.block);
      return;
    }
    if (this.#open) {
      this.blocks.push(this.#open);
      parts(this.#open).length = this.#open.settled;
    }
    const tail = this.#text.slice(this.#at, this.#at + WINDOW);
    if (tail === '') return;
    const bound = findBound(tail);
    if (bound.kind === 'wild') {
      this.blocks.push({ kind: 'plain', text: tail });
      return;
    }
    const source = this.#ended ? tail : completeTail(tail);
    for (const token of this.#lex(source)) {
      if (this.#joins(token)) {
        if (token.type === 'list') parts(this.#open!).push(...((token as Tokens.List).items as never[]));
        else parts(this.#open!).push(...((token as Tokens.Table).rows as never[]));
      } else if (isShown(token)) this.blocks.push(blockOf(token));
    }
  }

  #lex(source: string): Token[] {
    const text = this.#prefixOf(source) + source;
    this.lexedChars += text.length;
    return lex(text);
  }

  /** Rows are read below the head of their table. A blank line ends it. */
  #prefixOf(source: string): string {
    return this.#open?.kind === 'table' && !/^[ \t]*(?:\n|$)/.test(source) ? this.#tableHead : '';
  }

  /** Whether a token goes on with the open list or table. Only the first one of a window is asked. */
  #joins(token: Token): boolean {
    const open = this.#open;
    if (open === null || this.blocks.at(-1) !== open) return false;
    if (open.kind === 'table') return token.type === 'table' && token.raw.startsWith(this.#tableHead.trimEnd());
    return token.type === 'list' && listMark(token as Tokens.List) === open.mark;
  }

  /** Settles the tokens of `part` that can no longer change, and moves `#at` behind them. */
  #settleTokens(part: string, isClosed: boolean): void {
    this.blocks.length = this.settled;
    if (this.#open) this.blocks.push(this.#open);
    const prefix = this.#prefixOf(part);
    const tokens = this.#lex(part);
    if (isClosed) {
      for (const token of tokens) this.#settle(token);
      this.#at += part.length;
      return;
    }
    const last = tokens.findLastIndex(isShown);
    // A last token of which not one line is complete may yet turn out to belong to what stands before it.
    const isCertain = last >= 0 && isLineComplete(tokens[last]!);
    const end = isCertain ? last : tokens.slice(0, Math.max(0, last)).findLastIndex(isShown);
    let at = 0;
    for (const [index, token] of tokens.entries()) {
      if (!(prefix + part).startsWith(token.raw, at)) break; // the parser changed what it read: wait for its end
      if (index >= end) {
        at = this.#settleParts(token, at);
        break;
      }
      this.#settle(token);
      at += token.raw.length;
    }
    this.#at += Math.max(0, at - prefix.length);
  }

  #settle(token: Token): void {
    if (!isShown(token)) return;
    if (this.#joins(token)) {
      const open = this.#open!;
      parts(open).length = open.settled;
      parts(open).push(
        ...((token.type === 'list' ? (token as Tokens.List).items : (token as Tokens.Table).rows) as never[]),
      );
      this.#closeOpen();
      return;
    }
    this.#closeOpen();
    this.blocks.push(blockOf(token));
    this.settled = this.blocks.length;
  }

  #closeOpen(): void {
    if (this.#open === null) return;
    this.#open.settled = parts(this.#open).length;
    this.#open = null;
    this.settled = this.blocks.length;
  }

  /** Of a list or a table that still grows, all parts but the last are settled. Returns where the last one begins. */
  #settleParts(token: Token, at: number): number {
    const joins = this.#joins(token);
    if (token.type === 'list') {
      const list = token as Tokens.List;
      const raws = list.items.map((item) => item.raw);
      const ready = isLineComplete({ raw: raws.at(-1)! }) ? raws.length - 1 : raws.length - 2;
      const sizes = raws.slice(0, Math.max(0, ready)).reduce((sum, raw) => sum + raw.length, 0);
      if (ready < 1 || !token.raw.startsWith(raws.slice(0, ready).join(''))) return at;
      this.#keepOpen(joins ? this.#open! : (blockOf(token) as ListBlock), list.items.slice(0, ready), joins);
      return at + sizes;
    }
    if (token.type !== 'table') return at;
    const table = token as Tokens.Table;
    const lines = token.raw.split(/(?<=\n)/);
    if (lines.length !== table.rows.length + 2 || table.rows.length < 2) return at;
    if (!joins) this.#tableHead = lines[0]! + lines[1]!;
    this.#keepOpen(joins ? this.#open! : (blockOf(token) as TableBlock), table.rows.slice(0, -1), joins);
    return at + lines.slice(0, -1).join('').length;
  }

  #keepOpen(block: ListBlock | TableBlock, more: readonly unknown[], joins: boolean): void {
    if (!joins) {
      this.#closeOpen();
      this.blocks.push(block);
    }
    const all = parts(block);
    all.length = joins ? block.settled : 0;
    all.push(...(more as never[]));
    block.settled = all.length;
    this.#open = block;
    this.settled = this.blocks.length - 1;
  }

  #settlePlain(length: number): boolean {
    if (length === 0) return false;
    this.blocks.length = this.settled + (this.#open ? 1 : 0);
    this.#closeOpen();
    const text = this.#text.slice(this.#at, this.#at + length);
    if (text.trim() !== '') this.blocks.push({ kind: 'plain', text });
    this.settled = this.blocks.length;
    this.#at += length;
    return true;
  }

  #beginCode(): boolean {
    this.blocks.length = this.settled + (this.#open ? 1 : 0);
    this.#closeOpen();
    const lineEnd = this.#text.indexOf('\n', this.#at);
    const end = lineEnd < 0 ? this.#text.length : lineEnd;
    const [, mark, words] = FENCE.exec(this.#text.slice(this.#at, end))!;
    const from = Math.min(end + 1, this.#text.length);
    const block: CodeBlockText = { kind: 'code', language: languageOf(words!), text: '', open: true };
    this.#fence = { mark: mark!, from, scanned: from, block };
    this.#at = from;
    return this.#advanceCode(this.#fence);
  }

  /** Looks for the closing fence in the lines that are new. */
  #advanceCode(fence: Fence): boolean {
    const text = this.#text;
    const isClose = (line: string): boolean => {
      const mark = line.trim();
      return mark.length >= fence.mark.length && mark === fence.mark[0]!.repeat(mark.length) && !/^ {4}|^\t/.test(line);
    };
    for (;;) {
      const lineEnd = text.indexOf('\n', fence.scanned);
      const isComplete = lineEnd >= 0 || this.#ended;
      const end = lineEnd < 0 ? text.length : lineEnd;
      const line = end - fence.scanned > 256 ? '' : text.slice(fence.scanned, end);
      if (isComplete && isClose(line)) {
        this.#settleCode(fence, Math.max(fence.from, fence.scanned - 1), Math.min(text.length, end + 1));
        return true;
      }
      if (lineEnd < 0) {
        // A last line that may become the closing fence is not shown yet.
        const isMark = /^[ \t]*(`+|~+)[ \t]*$/.test(line) && line.trim()[0] === fence.mark[0];
        const shownEnd = isMark && !this.#ended ? Math.max(fence.from, fence.scanned - 1) : text.length;
        fence.block.text = text.slice(fence.from, shownEnd);
        if (this.#ended) this.#settleCode(fence, text.length, text.length);
        this.#at = this.#ended ? text.length : fence.from;
        return false;
      }
      fence.scanned = lineEnd + 1;
    }
  }

  #settleCode(fence: Fence, end: number, at: number): void {
    fence.block.text = this.#text.slice(fence.from, end).replace(/\n$/, '');
    fence.block.open = false;
    this.blocks.length = this.settled;
    this.blocks.push(fence.block);
    this.settled = this.blocks.length;
    this.#fence = null;
    this.#at = at;
  }

  #finish(): void {
    this.blocks.length = this.settled + (this.#open ? 1 : 0);
    if (this.#open) parts(this.#open).length = this.#open.settled;
    this.#closeOpen();
  }
}

const isShown = (token: Token): boolean => token.type !== 'space';
const isLineComplete = ({ raw }: { raw: string }): boolean => raw.includes('\n');
const parts = (block: ListBlock | TableBlock): unknown[] => (block.kind === 'list' ? block.items : block.rows);
/** What every item of one list begins with: the bullet itself, or what stands behind its numbers. */
const listMark = (list: Tokens.List): string => /^[ \t]*(?:\d+([.)])|([*+-]))/.exec(list.raw)?.slice(1).join('') ?? '';

export const languageOf = (words: string): string => /^[\w+#.-]{1,32}/.exec(words.trim())?.[0] ?? '';

function blockOf(token: Token): Block {
  if (token.type === 'list') {
    const list = token as Tokens.List;
    const start = list.start === '' ? 1 : list.start;
    const items = [...list.items];
    return { kind: 'list', ordered: list.ordered, start, mark: listMark(list), items, settled: items.length };
  }
  if (token.type === 'table') {
    const table = token as Tokens.Table;
    return { kind: 'table', head: table, rows: [...table.rows], settled: table.rows.length };
  }
  return { kind: 'flow', token };
}
