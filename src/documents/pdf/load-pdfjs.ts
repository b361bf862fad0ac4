// Both halves of pdf.js on this thread, which is a worker already. The legacy build, because the other one uses parts of the
// language that browsers learned in the last months.
export type PdfJs = typeof import('pdfjs-dist/legacy/build/pdf.mjs');

/** Loads pdf.js; a second call gives the same module. */
export async function loadPdfJs(): Promise<PdfJs> {
  turnLigatures();
  await withoutPostMessage(() => import('pdfjs-dist/legacy/build/pdf.worker.mjs'));
  return import('pdfjs-dist/legacy/build/pdf.mjs');
}

/**
 * pdf.js' worker half takes the messages of any worker it is loaded in for its own, unless that has no `postMessage`
 * (pdf.js 6.5, `WorkerMessageHandler`'s static block). Delete when it can be imported without listening.
 */
async function withoutPostMessage(load: () => Promise<unknown>): Promise<void> {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'postMessage');
  Object.defineProperty(globalThis, 'postMessage', { value: undefined, configurable: true, writable: true });
  try {
    await load();
  } finally {
    if (own) Object.defineProperty(globalThis, 'postMessage', own);
    else Reflect.deleteProperty(globalThis, 'postMessage');
  }
}

const RTL_CHARACTERS = /^[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]{2,}$/;
const fromCodePoint = String.fromCodePoint.bind(String);

/**
 * A glyph that stands for several right-to-left letters, as Arabic's lam-alef does, has them in logical order in a font's
 * ToUnicode map. pdf.js 6.5 turns a whole run of drawn letters round, and so reads "السالم" for "السلام". Its map reader is all
 * that makes text of several right-to-left code points on this thread, so they are turned once more there. Delete when
 * pdf.js' `readToUnicode` turns such letters itself, as it did up to version 2.
 */
function turnLigatures(): void {
  String.fromCodePoint = (...codes) => {
    const text = fromCodePoint(...codes);
    return codes.length > 1 && RTL_CHARACTERS.test(text) ? fromCodePoint(...codes.reverse()) : text;
  };
}
