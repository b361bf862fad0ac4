// Cuts a chat template into text and tags, and writes the code of the tags in one way however it was spaced or quoted.
//
//   {% for m in messages %}        block   for m in messages
//   {{- '<|user|>' + m.content }}  output  "<|user|>"+m["content"]
//
// White space follows Transformers and llama.cpp, which these templates are written for: a newline after a block tag and
// blanks before one that begins its line are dropped, and a minus in a tag eats all white space on its side.

export type TemplatePiece = { readonly kind: 'text' | 'output' | 'block'; readonly code: string };

/** 64 KiB; the longest template of a known family has 10. */
const MAX_LENGTH = 65_536;

/** The pieces in order; null for a template that is too long or has a tag or string that does not end. */
export function cutTemplate(template: string): TemplatePiece[] | null {
  if (template.length > MAX_LENGTH) return null;
  // Jinja drops one newline at the very end.
  const source = template.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const pieces: TemplatePiece[] = [];
  const tag = /\{([{%#])([-+]?)/g;
  let at = 0;
  let eats: 'all' | 'newline' | 'nothing' = 'nothing';
  for (;;) {
    tag.lastIndex = at;
    const open = tag.exec(source);
    const startsLine = at === 0 || (eats === 'newline' && source[at] === '\n');
    let text = source.slice(at, open?.index);
    if (eats === 'all') text = text.trimStart();
    else if (eats === 'newline' && text.startsWith('\n')) text = text.slice(1);
    if (open?.[2] === '-') text = text.trimEnd();
    else if (open && open[1] !== '{' && open[2] === '') text = dropIndent(text, startsLine);
    if (text !== '') pieces.push({ kind: 'text', code: text });
    if (!open) return pieces;
    const start = open.index + open[0].length;
    const tagEnd =
      open[1] === '#' ? findCommentEnd(source, start) : readCode(source, start, open[1] === '{' ? '}}' : '%}');
    if (!tagEnd) return null;
    if (open[1] !== '#') pieces.push({ kind: open[1] === '{' ? 'output' : 'block', code: tagEnd.code });
    eats = tagEnd.trims ? 'all' : open[1] === '{' ? 'nothing' : 'newline';
    at = tagEnd.end;
  }
}

/** Drops blanks between the beginning of a line and a block tag. */
function dropIndent(text: string, startsLine: boolean): string {
  const line = text.lastIndexOf('\n');
  if (line < 0 && !startsLine) return text;
  return /^[ \t]*$/.test(text.slice(line + 1)) ? text.slice(0, line + 1) : text;
}

type TagEnd = { readonly code: string; readonly end: number; readonly trims: boolean };

function findCommentEnd(source: string, start: number): TagEnd | null {
  const at = source.indexOf('#}', start);
  return at < 0 ? null : { code: '', end: at + 2, trims: source[at - 1] === '-' };
}

const CODE = /\s+|(["'])|([A-Za-z_][A-Za-z_0-9]*|\d+)|==|!=|<=|>=|[-+~*/%|.,:()[\]{}<>=]/y;

/** Reads up to `closing`: spaces only between words, strings in JSON's notation, `a.b` as `a["b"]`. */
function readCode(source: string, start: number, closing: string): TagEnd | null {
  const tokens: string[] = [];
  let at = start;
  for (;;) {
    const trims = source.startsWith(`-${closing}`, at);
    if (trims || source.startsWith(closing, at)) {
      return { code: tokens.join(''), end: at + closing.length + Number(trims), trims };
    }
    CODE.lastIndex = at;
    const token = CODE.exec(source);
    if (!token) return null;
    const [found, quote, word] = token;
    at += found.length;
    const last = tokens.at(-1) ?? '';
    if (quote !== undefined) {
      const string = readString(source, at, quote);
      if (!string) return null;
      if (/^\w/.test(last)) tokens.push(' ');
      tokens.push(JSON.stringify(string.text));
      at = string.end;
    } else if (word !== undefined && last === '.') {
      tokens[tokens.length - 1] = `["${word}"]`;
    } else if (word !== undefined) {
      if (/[\w"\])]$/.test(last)) tokens.push(' ');
      tokens.push(word);
    } else if (found.trim() !== '') {
      tokens.push(found);
    }
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

function readString(source: string, start: number, quote: string): { text: string; end: number } | null {
  let text = '';
  for (let at = start; at < source.length; at++) {
    const unit = source[at]!;
    if (unit === quote) return { text, end: at + 1 };
    if (unit !== '\\') {
      text += unit;
      continue;
    }
    at++;
    const escaped = source[at];
    if (escaped === undefined) return null;
    text += ESCAPES.get(escaped) ?? escaped;
  }
  return null;
}
