// HTML cut into tags and text as browsers cut it, in one pass whose time grows with the length alone. Nothing is rendered,
// run or fetched: the result is words.
import { decodeEntities } from './entities.ts';

export type HtmlToken =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'open'; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly type: 'close'; readonly name: string };

/** What these hold is no markup: it ends at their own end tag alone. */
const RAW = new Set(['script', 'style', 'xmp', 'iframe', 'noembed', 'noframes', 'noscript', 'textarea', 'title']);

/** Attributes after this many are dropped, as no page needs them. */
const MAX_ATTRIBUTES = 100;

export function* htmlTokens(source: string): Generator<HtmlToken> {
  let at = 0;
  while (at < source.length) {
    const tag = source.indexOf('<', at);
    if (tag < 0) break;
    const next = source[tag + 1] ?? '';
    const closes = next === '/';
    if (!(closes ? isLetter(source[tag + 2] ?? '') : isLetter(next) || next === '!' || next === '?')) {
      yield { type: 'text', text: decodeEntities(source.slice(at, tag + 1)) }; // "a < b"
      at = tag + 1;
      continue;
    }
    if (tag > at) yield { type: 'text', text: decodeEntities(source.slice(at, tag)) };
    if (next === '!' || next === '?') {
      at = afterMarkup(source, tag);
      continue;
    }
    const { name, attributes, end } = readTag(source, tag + (closes ? 2 : 1));
    at = end;
    if (closes) {
      yield { type: 'close', name };
      continue;
    }
    yield { type: 'open', name, attributes };
    if (!RAW.has(name)) continue;
    const close = new RegExp(`</${name}(?=[\\s/>])`, 'gi');
    close.lastIndex = at;
    const rawEnd = close.exec(source)?.index ?? source.length;
    const raw = source.slice(at, rawEnd);
    if (raw !== '') yield { type: 'text', text: name === 'title' ? decodeEntities(raw) : raw };
    at = rawEnd;
  }
  if (at < source.length) yield { type: 'text', text: decodeEntities(source.slice(at)) };
}

const isLetter = (character: string): boolean => /^[a-zA-Z]$/.test(character);

/** The end of a comment, doctype or processing instruction; without one, the rest is of it. */
function afterMarkup(source: string, tag: number): number {
  const isComment = source.startsWith('<!--', tag);
  const end = isComment ? source.indexOf('-->', tag + 2) : source.indexOf('>', tag);
  return end < 0 ? source.length : end + (isComment ? 3 : 1);
}

const NAME = /[^\s/>]*/y;
const ATTRIBUTE = /[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*)))?/y;

function readTag(source: string, from: number): { name: string; attributes: Map<string, string>; end: number } {
  NAME.lastIndex = from;
  const name = NAME.exec(source)![0].toLowerCase();
  const attributes = new Map<string, string>();
  let at = from + name.length;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(source);
    if (!match) break;
    at = ATTRIBUTE.lastIndex;
    const key = match[1]!.toLowerCase();
    if (attributes.size < MAX_ATTRIBUTES && !attributes.has(key)) {
      attributes.set(key, decodeEntities(match[2] ?? match[3] ?? match[4] ?? ''));
    }
    if (source[at] === '>') break;
  }
  const end = source.indexOf('>', at);
  return { name, attributes, end: end < 0 ? source.length : end + 1 };
}
