// What is given to the parser at a time. Nothing that a model writes may take more than a moment, so text is read in windows,
// and what would make a parser slow (very long runs, deep nesting) is shown as the characters it is.

/** Characters lexed at once. A block that is longer is shown as plain text; code fences and lists have their own way. */
export const WINDOW = 8192;
/** Emphasis, links and code spans are searched pairwise, so their marks are counted. A dense paragraph has a tenth. */
const MAX_MARKS = 400;
/** Containers inside each other on one line. */
const DEEP = /^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])){10}/;
/** Indented deeper than any answer nests lists. */
const FAR = /^[ \t]{48}/;
const MARKS = /[*_[\]!~<`$\\&@]/g;
const NEW_RUN = /^[ \t]*(?:$|[*+-][ \t]|\d{1,9}[.)][ \t]|[#>|])/;
export const FENCE = /^(`{3,}|~{3,})[ \t]*([^\n`]*)$/;
const INNER_FENCE = /^[ \t]*(`{3,}|~{3,})/;

/** Where the parser must stop: before a code fence at the margin, or around a run of lines that is not for it. */
export type Bound = { at: number; kind: 'end' | 'fence' } | { at: number; kind: 'wild'; end: number };

/** Finds the first bound in a window that begins at the start of a line. */
export function findBound(window: string): Bound {
  let runAt = 0;
  let marks = 0;
  let fence: string | null = null;
  for (let at = 0; at < window.length;) {
    const end = window.indexOf('\n', at) < 0 ? window.length : window.indexOf('\n', at);
    const line = window.slice(at, end);
    const isComplete = end < window.length;
    if (fence !== null) {
      if (line.trim().startsWith(fence) && /^[ \t]*[`~]+[ \t]*$/.test(line)) fence = null;
    } else {
      if (isComplete && FENCE.test(line)) return { at, kind: 'fence' };
      if (NEW_RUN.test(line)) {
        runAt = at;
        marks = 0;
      }
      marks += line.match(MARKS)?.length ?? 0;
      if (marks > MAX_MARKS || DEEP.test(line) || (FAR.test(line) && line.trim() !== '')) {
        return { at: runAt, kind: 'wild', end: Math.min(window.length, end + 1) };
      }
      fence = INNER_FENCE.exec(line)?.[1] ?? null;
    }
    at = end + 1;
  }
  return { at: window.length, kind: 'end' };
}
