// Brings a chat template into one canonical form, so that known templates are recognised however they are spaced, quoted
// or cut into tags. The template is read, never executed: what is not recognised is refused.
//
//   {% for m in messages %}          {%for m in messages%}
//   {{- '<|im_start|>' + m.role }}   {{"<|im_start|>"+m["role"]+"\n"}}      text outside tags is output as well;
//   newline                                                                outputs that touch become one
//
// White space follows Transformers, which all these templates were written for: a newline after a block tag and blanks
// before one that begins its line are dropped, and a minus in a tag eats all white space on its side.

/** 64 KiB; the longest template of a family known here has 3. */
const MAX_LENGTH = 65_536;

type Piece = { readonly kind: 'output' | 'block'; readonly code: string };

/** The canonical form; null for what is no template at all: too long, or a tag or string that does not end. */
export function canonicalTemplate(template: string): string | null {
  if (template.length > MAX_LENGTH) return null;
  const pieces = splitTags(template.replace(/\r\n?/g, '\n'));
  if (!pieces) return null;
  let canonical = '';
  let output: string[] = [];
  for (const piece of [...pieces, null]) {
    if (piece?.kind === 'output') {
      output.push(piece.code);
      continue;
    }
    const joined = foldStrings(output.filter((code) => code !== '""').join('+'));
    if (joined !== '') canonical += `{{${joined}}}`;
    output = [];
    if (piece) canonical += `{%${piece.code}%}`;
  }
  return canonical;
}

/** A string constant in a canonical form, for regular expressions; one group holds its text as JSON without the quotes. */
export const STRING = '"((?:[^"\\\\]|\\\\.)*)"';

/** A regular expression's source that matches canonical code as it stands. */
export function exactly(code: string): string {
  return code.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The text of a string constant that STRING's group has matched. */
export function unquote(group: string): string {
  return JSON.parse(`"${group}"`) as string;
}

function splitTags(template: string): Piece[] | null {
  const pieces: Piece[] = [];
  const tag = /\{([{%#])([-+]?)/g;
  let at = 0;
  let eatBlanks: 'all' | 'newline' | 'none' = 'none';
  for (;;) {
    tag.lastIndex = at;
    const open = tag.exec(template);
    let text = template.slice(at, open?.index);
    if (eatBlanks === 'all') text = text.trimStart();
    else if (eatBlanks === 'newline' && text.startsWith('\n')) text = text.slice(1);
    if (open?.[2] === '-') text = text.trimEnd();
    else if (open && open[1] !== '{' && open[2] !== '+') text = dropIndent(text, at === 0 || eatBlanks === 'newline');
    if (text !== '') pieces.push({ kind: 'output', code: JSON.stringify(text) });
    if (!open) {
      // Jinja keeps no newline at the very end of a template.
      const last = pieces.at(-1);
      if (text.endsWith('\n') && last)
        pieces[pieces.length - 1] = { kind: 'output', code: JSON.stringify(text.slice(0, -1)) };
      return pieces;
    }
    const start = open.index + open[0].length;
    const close =
      open[1] === '#' ? findCommentEnd(template, start) : readCode(template, start, open[1] === '{' ? '}}' : '%}');
    if (!close) return null;
    if (open[1] === '{') pieces.push({ kind: 'output', code: close.code });
    else if (open[1] === '%') pieces.push({ kind: 'block', code: close.code });
    eatBlanks = close.trims ? 'all' : open[1] === '{' ? 'none' : 'newline';
    at = close.end;
  }
}

/** Blanks between the beginning of a line and a block tag. */
function dropIndent(text: string, startsLine: boolean): string {
  const line = text.lastIndexOf('\n');
  if (line < 0 && !startsLine) return text;
  return /^[ \t]*$/.test(text.slice(line + 1)) ? text.slice(0, line + 1) : text;
}

type Closed = { readonly code: string; readonly end: number; readonly trims: boolean };

function findCommentEnd(template: string, start: number): Closed | null {
  const at = template.indexOf('#}', start);
  return at < 0 ? null : { code: '', end: at + 2, trims: template[at - 1] === '-' };
}

const CODE = /\s+|(["'])|([A-Za-z_][A-Za-z_0-9]*|\d+)|==|!=|<=|>=|[-+~*/%|.,:()[\]{}<>=]/y;

/** Reads code up to `closing`: single spaces only between words, strings in JSON's notation, `a.b` as `a["b"]`. */
function readCode(template: string, start: number, closing: string): Closed | null {
  let code = '';
  let at = start;
  for (;;) {
    const trims = template.startsWith(`-${closing}`, at);
    if (trims || template.startsWith(closing, at)) {
      return { code, end: at + closing.length + (trims ? 1 : 0), trims };
    }
    CODE.lastIndex = at;
    const token = CODE.exec(template);
    if (!token) return null;
    const [text, quote, word] = token;
    at += text.length;
    if (quote !== undefined) {
      const string = readString(template, at, quote);
      if (!string) return null;
      code += JSON.stringify(string.text);
      at = string.end;
    } else if (word !== undefined) {
      if (code.endsWith('.')) code = `${code.slice(0, -1)}["${word}"]`;
      else code += /[A-Za-z_0-9"\])]$/.test(code) ? ` ${word}` : word;
    } else {
      code += text.trim();
    }
  }
}

function readString(template: string, start: number, quote: string): { text: string; end: number } | null {
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r' };
  let text = '';
  for (let at = start; at < template.length; at++) {
    const unit = template[at]!;
    if (unit === quote) return { text, end: at + 1 };
    if (unit === '\\') {
      at++;
      const escaped = template[at];
      if (escaped === undefined) return null;
      text += escapes[escaped] ?? escaped;
    } else {
      text += unit;
    }
  }
  return null;
}

/** `"a"+"b"` is `"ab"`. */
function foldStrings(code: string): string {
  let folded = '';
  const token = /"(?:[^"\\]|\\.)*"|[^"]+/g;
  for (const [part] of code.matchAll(token)) {
    const joins = part.startsWith('"') && /"\+$/.test(folded);
    folded = joins ? folded.slice(0, -2) + part.slice(1) : folded + part;
  }
  return folded;
}
