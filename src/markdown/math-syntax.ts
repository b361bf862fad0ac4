// Mathematics inside Markdown: \( \), \[ \], $ $ and $$ $$. Prices are no mathematics, and code never is.
import type { TokenizerAndRendererExtension, Tokens } from 'marked';

export type MathToken = Tokens.Generic & { type: 'math'; source: string; display: boolean; open: boolean };

/** Longer formulas stay text: no answer has them, and typesetting one would hold up the page. */
export const MAX_FORMULA = 2000;

/** While an answer is written, a formula that is not closed yet runs to the end; `completeTail` puts this mark there. */
export const OPEN_END = '\uE0FF';

const INLINE: readonly { begin: string; pattern: RegExp; display: boolean }[] = [
  { begin: '\\(', pattern: /^\\\(((?:(?!\n[ \t]*\n)[\s\S])*?)(?:\\\)|\uE0FF)/, display: false },
  { begin: '\\[', pattern: /^\\\[((?:(?!\n[ \t]*\n)[\s\S])*?)(?:\\\]|\uE0FF)/, display: true },
  { begin: '$$', pattern: /^\$\$((?:(?!\n[ \t]*\n)[^$`])+?)(?:\$\$|\uE0FF)/, display: true },
  // As Pandoc has it: no space inside the dollars, no digit behind them.
  { begin: '$', pattern: /^\$(?![\s$])((?:\\.|[^$`\\\n])+?)(?<!\s)\$(?!\d)/, display: false },
];

/** Starts with an amount and goes on in words: "$5 or maybe 10$". */
const PRICE = /^\d[\d.,]*(?:[ -]|[kKmMbB]\b)[^\\^_=]*\p{L}{2}/u;

const ANY =
  /\\\((?:(?!\n[ \t]*\n)[\s\S])*?\\\)|\\\[(?:(?!\n[ \t]*\n)[\s\S])*?\\\]|\$\$[^$`]+?\$\$|\$(?![\s$])(?:\\.|[^$`\\\n])+?(?<!\s)\$(?!\d)/g;

/** A text of the same length in which no star or underline of a formula can pair with one outside. */
export function maskFormulas(src: string): string {
  return src.replace(ANY, (formula) => (PRICE.test(formula.slice(1)) ? formula : 'a'.repeat(formula.length)));
}

function readMath(src: string): MathToken | undefined {
  const rule = INLINE.find(({ begin }) => src.startsWith(begin));
  if (rule === undefined) return undefined;
  // Looking further than the longest formula would make many lone beginnings cost as much as their square.
  const match = rule.pattern.exec(src.slice(0, MAX_FORMULA + 8));
  if (match === null) return undefined;
  const source = match[1]!.trim();
  if (source === '' || (rule.begin === '$' && PRICE.test(source))) return undefined;
  return { type: 'math', raw: match[0], source, display: rule.display, open: match[0].endsWith(OPEN_END) };
}

/** Finds formulas where running text is read. */
export const inlineMath: TokenizerAndRendererExtension = {
  name: 'math',
  level: 'inline',
  start(src: string) {
    const at = src.search(/\$|\\[([]/);
    return at < 0 ? undefined : at;
  },
  tokenizer: readMath,
};

/** Finds a formula that begins a line, so that its lines are not read as lists or headings. */
export const displayMath: TokenizerAndRendererExtension = {
  name: 'math',
  level: 'block',
  start(src: string) {
    const at = src.search(/\n {0,3}(?:\$\$|\\\[)/);
    return at < 0 ? undefined : at + 1;
  },
  tokenizer(src: string) {
    const indent = /^ {0,3}(?=\$\$|\\\[)/.exec(src)?.[0];
    if (indent === undefined) return undefined;
    const token = readMath(src.slice(indent.length));
    if (token === undefined) return undefined;
    const raw = indent + token.raw;
    const after = /^[ \t]*(?:\n|$)/.exec(src.slice(raw.length));
    // Words behind it make it a part of a paragraph.
    return after === null ? undefined : { ...token, raw: raw + after[0] };
  },
};
