import type { Section } from '../document.ts';

/** Longest label that is shown; a "heading" can be any line. */
export const MAX_LABEL = 200;

/** Cuts Markdown at its headings (`# …` and underlined ones, not those in fenced code). The text stays as it is written. */
export function readMarkdown(text: string): Section[] {
  const sections: Section[] = [];
  let start = 0;
  let label = '';
  let fence: string | null = null;
  let previous = '';
  let previousAt = 0;
  const cut = (at: number, next: string): void => {
    if (at > start) sections.push({ label, page: null, text: text.slice(start, at) });
    start = at;
    label = next.slice(0, MAX_LABEL);
  };
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end);
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || (mark.startsWith(fence) && line.trim() === mark))) {
      fence = fence === null ? mark : null;
    } else if (fence === null) {
      const heading = /^ {0,3}#{1,6}(?=[ \t]|$)/.exec(line);
      const isUnderline = /^ {0,3}(?:=+|-{2,})[ \t]*$/.test(line) && /^ {0,3}[^\s>#|*+-]/.test(previous);
      if (heading) cut(at, withoutMarks(line.slice(heading[0].length)));
      else if (isUnderline) cut(previousAt, withoutMarks(previous));
    }
    previous = fence === null ? line : '';
    previousAt = at;
    at = end + 1;
  }
  cut(text.length, '');
  return sections;
}

/** A heading without closing `#`s, emphasis and link targets. */
const withoutMarks = (heading: string): string =>
  heading
    .slice(0, 1000)
    .replace(/\s#+\s*$/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_`]{1,3}/g, '')
    .trim();
