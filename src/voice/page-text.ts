// The words of a rendered answer, read from the page itself: nothing is rendered again, and a place in the text is a place in
// its nodes. Code is announced, not read; a formula is said where it is short.
import type { Place, Run } from './speech-text.ts';
import { spokenFormula } from './spoken-formula.ts';

/** What is said in place of what cannot be read out. */
export type SpokenWords = {
  /** `label` is the block's own name, such as "Code, Python". */
  readonly code: (label: string, lines: number) => string;
  readonly formula: string;
};

export type PageText = {
  readonly runs: readonly Run[];
  /** The nodes of a stretch of it; null once they are gone from the page. */
  readonly rangeOf: (place: Place) => Range | null;
};

const UNSPOKEN = 'button, figcaption, script, style, [hidden], [aria-hidden="true"], .visually-hidden';
const BLOCKS = new Set(
  'P DIV LI UL OL H1 H2 H3 H4 H5 H6 TR TABLE BLOCKQUOTE HR BR SECTION ARTICLE FIGURE DT DD'.split(' '),
);
const CELLS = new Set(['TD', 'TH']);

/** Reads what `root` shows now. */
export function readPageText(root: Element, words: SpokenWords): PageText {
  const runs: Run[] = [];
  const nodes: { node: Text; start: number }[] = [];
  let length = 0;

  const walk = (node: Node): void => {
    if (node instanceof Text) {
      if (node.data === '') return;
      nodes.push({ node, start: length });
      runs.push({ kind: 'text', text: node.data, at: length });
      length += node.data.length;
    } else if (node instanceof Element && !node.matches(UNSPOKEN)) walkElement(node);
  };
  const walkElement = (element: Element): void => {
    const code = element.localName === 'figure' ? element.querySelector('pre') : null;
    if (code !== null) return announceCode(code);
    if (element.localName === 'data') {
      const tex =
        element.querySelector('annotation')?.textContent ??
        (element.matches('.md-source') ? element.textContent : null);
      // A slot that holds neither is the text it shows.
      if (tex !== null) return void runs.push({ kind: 'said', text: ` ${spokenFormula(tex) ?? words.formula} ` });
    }
    const pause = BLOCKS.has(element.tagName) ? 'long' : CELLS.has(element.tagName) ? 'short' : null;
    if (pause !== null) runs.push({ kind: 'pause', length: pause });
    for (const child of element.childNodes) walk(child);
    if (pause !== null) runs.push({ kind: 'pause', length: pause });
  };
  const announceCode = (code: Element): void => {
    const lines = (code.textContent ?? '').replace(/\n$/, '').split('\n').length;
    const text = words.code(code.getAttribute('aria-label') ?? '', lines);
    runs.push({ kind: 'pause', length: 'long' }, { kind: 'said', text }, { kind: 'pause', length: 'long' });
  };

  walk(root);
  return { runs, rangeOf: (place) => rangeOf(nodes, place) };
}

function rangeOf(nodes: readonly { node: Text; start: number }[], { start, end }: Place): Range | null {
  const from = nodes.findLast((one) => one.start <= start);
  const to = nodes.findLast((one) => one.start < end);
  if (from === undefined || to === undefined || !from.node.isConnected || !to.node.isConnected) return null;
  const range = document.createRange();
  // A node may have become shorter since: the answer was written anew.
  range.setStart(from.node, Math.min(start - from.start, from.node.length));
  range.setEnd(to.node, Math.min(end - to.start, to.node.length));
  return range;
}
