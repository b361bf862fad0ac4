// A block of code as it is shown: plain at once, coloured line by line when its language has come, growing without being
// drawn anew.
//
//   <code>  ├─ coloured lines ──────┼─ plain ──────────┤
//                                   one text node, the last
import { beginCode, colourLines, endCode } from './highlight/highlighter.ts';
import { findLanguage } from './highlight/languages.ts';
import { KINDS } from './highlight/messages.ts';
import { cancelTurn, requestTurn } from './frames.ts';

/** What the page adds: words, and the buttons of a block. */
export type CodeTools = {
  label(language: string): string;
  tableLabel: string;
  /** Puts buttons into `place`; returns what removes them. `code` gives the block's text when it is asked. */
  mount(place: HTMLElement, code: () => string): () => void;
};

/** Longer code stays plain: colours would be a node for every four of its characters. */
const MAX_COLOURED = 200_000;
/** Sent to the highlighter at once, and about what a frame can insert. */
const BATCH = 4000;

export class CodeBlock {
  readonly element = document.createElement('figure');
  #name = document.createElement('span');
  #pre = document.createElement('pre');
  #plain = document.createTextNode('');
  #tools: CodeTools;
  #unmount: () => void;
  #text = '';
  #language: string | null = null;
  #isOpen = true;
  #job: { id: number; language: string } | null = null;
  /** Characters whose colours are shown, and those asked for. */
  #coloured = 0;
  #asked = 0;
  #runs: Uint32Array | null = null;
  #runsAt = 0;

  constructor(tools: CodeTools) {
    this.#tools = tools;
    const caption = document.createElement('figcaption');
    const place = document.createElement('span');
    caption.append(this.#name, place);
    const code = document.createElement('code');
    code.append(this.#plain);
    this.#pre.append(code);
    // Wide code scrolls by itself, so the keyboard must reach it.
    this.#pre.tabIndex = 0;
    this.#pre.setAttribute('role', 'region');
    this.element.className = 'md-code';
    this.element.dir = 'ltr';
    this.element.append(caption, this.#pre);
    this.#unmount = tools.mount(place, () => this.#text);
  }

  /** `isOpen`: more text, and more of the language's name, may follow. */
  update(language: string, text: string, isOpen: boolean): void {
    if (language !== this.#language) this.#setLanguage(language);
    if (!text.startsWith(this.#text)) this.#restart();
    this.#plain.appendData(text.slice(this.#text.length));
    this.#text = text;
    this.#isOpen = isOpen;
    this.#ask();
  }

  dispose(): void {
    this.#unmount();
    this.#stop();
  }

  #setLanguage(language: string): void {
    this.#language = language;
    this.#name.textContent = language || this.#tools.label('');
    this.#pre.setAttribute('aria-label', this.#tools.label(language));
    this.#restart();
  }

  #restart(): void {
    this.#stop();
    this.#plain.data = '';
    this.#plain.parentNode!.replaceChildren(this.#plain);
    this.#text = '';
    this.#coloured = this.#asked = 0;
  }

  #stop(): void {
    cancelTurn(this.#paint);
    if (this.#job) endCode(this.#job.id);
    this.#job = null;
    this.#runs = null;
  }

  /** Asks for whole lines only: how a line ends can change how it begins. One request at a time. */
  #ask(): void {
    if (this.#asked > this.#coloured || this.#text.length > MAX_COLOURED || this.#text === '') return;
    const language = findLanguage(this.#language ?? '');
    if (language === null) return;
    const rest = this.#text.slice(this.#asked, this.#asked + BATCH);
    const isAll = !this.#isOpen && this.#asked + rest.length === this.#text.length;
    const length = isAll ? rest.length : rest.lastIndexOf('\n') + 1;
    if (length === 0) return;
    if (this.#job?.language !== language) this.#job = { id: beginCode((runs) => this.#receive(runs)), language };
    this.#asked += length;
    colourLines(this.#job.id, language, rest.slice(0, length));
  }

  #receive(runs: Uint32Array | null): void {
    this.#runs = runs;
    this.#runsAt = 0;
    if (runs !== null) requestTurn(this.#paint);
    else if (this.#job) endCode(this.#job.id); // and nothing more is asked, since `asked` stays ahead
  }

  #paint = (deadlineMs: number): boolean => {
    const runs = this.#runs;
    if (runs === null) return false;
    const code = this.#plain.parentNode!;
    const nodes = document.createDocumentFragment();
    const from = this.#coloured;
    while (this.#runsAt < runs.length && this.#coloured < this.#asked) {
      const end = Math.min(this.#coloured + runs[this.#runsAt]!, this.#asked);
      nodes.append(runNode(this.#text.slice(this.#coloured, end), runs[this.#runsAt + 1]!));
      this.#coloured = end;
      this.#runsAt += 2;
      if (this.#runsAt % 64 === 0 && performance.now() > deadlineMs) break;
    }
    this.#plain.deleteData(0, this.#coloured - from);
    code.insertBefore(nodes, this.#plain);
    if (this.#runsAt < runs.length && this.#coloured < this.#asked) return true;
    this.#coloured = this.#asked;
    this.#runs = null;
    this.#ask();
    return false;
  };
}

function runNode(text: string, kind: number): Node {
  if (kind === 0) return document.createTextNode(text);
  const span = document.createElement('span');
  span.className = `md-${KINDS[kind] ?? 'plain'}`;
  span.textContent = text;
  return span;
}
