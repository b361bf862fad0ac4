// Tokens to HTML in which every character of the model is escaped. It is sanitised all the same: see `sanitise.ts`.
import type { Token, Tokens } from 'marked';
import { languageOf } from './block-stream.ts';
import type { MathToken } from './math-syntax.ts';
import { OPEN_END } from './math-syntax.ts';

/** What is no HTML: it lies beside the HTML, which has `<data value="index">` in its place. */
export type Insert =
  | { kind: 'formula'; source: string; display: boolean; open: boolean }
  | { kind: 'code'; language: string; text: string };

/** Deeper than this, a text is shown as it is written. */
const MAX_DEPTH = 24;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Every character that means something in HTML, as itself. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(OPEN_END, '').replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** Markdown knows HTML's character references, so those stay. */
const escapeText = (text: string): string =>
  text
    .replaceAll(OPEN_END, '')
    .replace(/&(?!(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]\w{0,31});)|[<>"']/g, (character) => ENTITIES[character]!);

/** Block tokens to HTML. What HTML cannot hold goes to `inserts`. */
export function blocksToHtml(tokens: readonly Token[], inserts: Insert[], depth = 0, isBare = false): string {
  if (depth > MAX_DEPTH) return escapeHtml(tokens.map(({ raw }) => raw).join(''));
  return tokens.map((token) => blockToHtml(token as Tokens.Generic, inserts, depth, isBare)).join('');
}

function blockToHtml(token: Tokens.Generic, inserts: Insert[], depth: number, isBare: boolean): string {
  const inner = (): string => inlineToHtml(token.tokens ?? [], inserts, depth + 1);
  switch (token.type) {
    case 'space':
      return '';
    case 'def': {
      // What refers to it may stand in a block that is settled and not read again, so its address must not be lost.
      const { tag, href } = token as Tokens.Def;
      return `<p>[${escapeText(tag)}]: <a href="${escapeHtml(href)}">${escapeHtml(href)}</a></p>`;
    }
    case 'paragraph':
    case 'text': {
      const text = token.tokens ? inner() : escapeText((token as Tokens.Text).text);
      return isBare ? text : `<p>${text}</p>`;
    }
    case 'heading': {
      // The page's own headings reach level 2.
      const level = Math.min(6, (token as Tokens.Heading).depth + 2);
      return `<h${level}>${inner()}</h${level}>`;
    }
    case 'hr':
      return '<hr>';
    case 'blockquote':
      return `<blockquote>${blocksToHtml(token.tokens ?? [], inserts, depth + 1)}</blockquote>`;
    case 'list':
      return listToHtml(token as Tokens.List, inserts, depth);
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const body = rows.map((row) => rowToHtml(row, inserts, depth)).join('');
      return `<table><thead>${rowToHtml(header, inserts, depth)}</thead><tbody>${body}</tbody></table>`;
    }
    case 'code': {
      const { text, lang } = token as Tokens.Code;
      return insert(inserts, { kind: 'code', language: languageOf(lang ?? ''), text }, '');
    }
    default:
      return inlineToHtml([token as Token], inserts, depth);
  }
}

function listToHtml(list: Tokens.List, inserts: Insert[], depth: number): string {
  const items = list.items.map((item) => `<li>${itemToHtml(item, inserts, depth)}</li>`).join('');
  return list.ordered ? `<ol start="${Number(list.start) || 1}">${items}</ol>` : `<ul>${items}</ul>`;
}

/**
 * The inside of a list item. A single paragraph is bare whether the list is loose or not: that shows only with its later
 * items, and those before must not change.
 */
export function itemToHtml(item: Tokens.ListItem, inserts: Insert[], depth = 0): string {
  const paragraphs = item.tokens.filter(({ type }) => type === 'text' || type === 'paragraph').length;
  return blocksToHtml(item.tokens, inserts, depth + 1, paragraphs < 2);
}

/** A row with its cells. */
export function rowToHtml(cells: readonly Tokens.TableCell[], inserts: Insert[], depth = 0): string {
  const cellToHtml = ({ header, align, tokens }: Tokens.TableCell): string => {
    const name = header ? 'th' : 'td';
    const side = align === null ? '' : ` align="${align}"`;
    return `<${name}${header ? ' scope="col"' : ''}${side}>${inlineToHtml(tokens, inserts, depth + 1)}</${name}>`;
  };
  return `<tr>${cells.map(cellToHtml).join('')}</tr>`;
}

function inlineToHtml(tokens: readonly Token[], inserts: Insert[], depth: number): string {
  if (depth > MAX_DEPTH) return escapeHtml(tokens.map(({ raw }) => raw).join(''));
  return tokens.map((token) => spanToHtml(token as Tokens.Generic, inserts, depth)).join('');
}

function spanToHtml(token: Tokens.Generic, inserts: Insert[], depth: number): string {
  const inner = (): string => inlineToHtml(token.tokens ?? [], inserts, depth + 1);
  switch (token.type) {
    case 'text':
      return token.tokens ? inner() : escapeText((token as Tokens.Text).text);
    case 'escape':
      return escapeHtml((token as Tokens.Escape).text);
    case 'strong':
    case 'em':
    case 'del':
      return `<${token.type}>${inner()}</${token.type}>`;
    case 'codespan':
      return `<code>${escapeHtml((token as Tokens.Codespan).text)}</code>`;
    case 'br':
      return '<br>';
    case 'checkbox':
      return (token as Tokens.Checkbox).checked ? '☑ ' : '☐ '; // no form field: nobody can tick it
    case 'math': {
      const { source, display, open } = token as MathToken;
      return insert(inserts, { kind: 'formula', source, display, open }, source);
    }
    case 'link': {
      const { href } = token as Tokens.Link;
      return `<a href="${escapeHtml(href)}">${inner()}</a>`;
    }
    case 'image': {
      // Its address would tell whoever owns it that, and what, somebody reads. So it is written, not fetched.
      const { href, text } = token as Tokens.Image;
      return `<em>${escapeText(text)}</em> <code>${escapeHtml(href)}</code>`;
    }
    default:
      return escapeHtml(token.raw);
  }
}

function insert(inserts: Insert[], one: Insert, text: string): string {
  return `<data value="${inserts.push(one) - 1}">${escapeHtml(text)}</data>`;
}
