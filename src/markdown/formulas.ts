// Typesets formulas with KaTeX, which is fetched with its fonts when the first formula appears.
import type { KatexOptions } from 'katex';
import { MAX_FORMULA } from './math-syntax.ts';

type Katex = { render(source: string, element: HTMLElement, options: KatexOptions): void };

/** Whoever defines macros can make a line grow without end; formulas in answers use what TeX knows. */
const DEFINES =
  /\\(?:[gex]?def|xdef|let|futurelet|global|long|(?:re)?newcommand|providecommand|DeclareMathOperator|char)(?![A-Za-z])/;
/** None of these can come out without trust; if one does, the formula stays its source. */
const FOREIGN =
  'a, img, image, use, script, iframe, object, embed, foreignObject, [href], [src], [id], [onclick], [data-x]';
/** Formulas kept typeset: the last paragraph is shown again with every word. */
const KEPT = 300;

const OPTIONS: KatexOptions = {
  output: 'htmlAndMathml', // MathML is what screen readers read
  throwOnError: true,
  strict: 'ignore',
  trust: false,
  maxSize: 20,
  maxExpand: 400,
};

let katex: Katex | null = null;
let loading: Promise<void> | null = null;
const kept = new Map<string, HTMLElement | null>();

/** Fetches KaTeX. Resolves also when it cannot be had: formulas then stay as they are written. */
export function loadFormulas(): Promise<void> {
  loading ??= Promise.all([import('katex'), import('katex/dist/katex.min.css')]).then(
    ([module]) => void (katex = module.default as Katex),
    () => void (loading = null), // no network: the next formula tries again
  );
  return loading;
}

export const areFormulasLoaded = (): boolean => katex !== null;

/** A formula's nodes; null when its source is no TeX that KaTeX knows, or KaTeX is not here yet. */
export function typeset(source: string, display: boolean): Node | null {
  if (katex === null || source.length > MAX_FORMULA || DEFINES.test(source)) return null;
  const key = `${display ? 'D' : 'I'}${source}`;
  let made = kept.get(key);
  if (made === undefined) {
    made = render(katex, source, display);
    if (kept.size >= KEPT) kept.delete(kept.keys().next().value!);
    kept.set(key, made);
  }
  return made?.cloneNode(true) ?? null;
}

function render(katex: Katex, source: string, display: boolean): HTMLElement | null {
  const element = document.createElement('span');
  try {
    katex.render(source, element, { ...OPTIONS, displayMode: display });
  } catch {
    return null; // an error in the formula, or one too deep: its source says more than a message
  }
  return element.querySelector(FOREIGN) === null ? element : null;
}
