// Fills the places in shown nodes that hold what is no HTML, and keeps what fills them while the text around it changes.
import { CodeBlock } from './code-block.ts';
import type { CodeTools } from './code-block.ts';
import { areFormulasLoaded, loadFormulas, typeset } from './formulas.ts';
import { cancelTurn, requestTurn } from './frames.ts';
import type { Insert } from './to-html.ts';

type Formula = Insert & { kind: 'formula' };
type Filled = { insert: Insert; code: CodeBlock | null };

/** Formulas typeset at once take a frame's time at most; more of them follow in the next frames. */
const AT_ONCE_MS = 4;

/** The slots below one element. */
export class Slots {
  #filled = new Map<HTMLDataElement, Filled>();
  /** Formulas that show their source for now. */
  #waiting = new Map<HTMLDataElement, Formula>();
  #tools: CodeTools;

  constructor(tools: CodeTools) {
    this.#tools = tools;
  }

  /** Fills every slot below `root` from `inserts`; forgets those that are gone. */
  fill(root: Element, inserts: readonly Insert[], isOpen: boolean): void {
    if (inserts.length === 0 && this.#filled.size === 0) return;
    const found = new Set<HTMLDataElement>();
    for (const slot of root.querySelectorAll('data')) {
      const insert = inserts[Number(slot.value)];
      if (insert === undefined) continue; // no insert of ours: it stays its text
      found.add(slot);
      if (insert.kind === 'formula') this.#fillFormula(slot, insert);
      else this.#fillCode(slot, insert, isOpen && Number(slot.value) === inserts.length - 1);
    }
    for (const [slot, { code }] of this.#filled) {
      if (found.has(slot)) continue;
      code?.dispose();
      this.#filled.delete(slot);
      this.#waiting.delete(slot);
    }
    if (this.#waiting.size > 0) this.#typesetWaiting(performance.now() + AT_ONCE_MS);
  }

  dispose(): void {
    cancelTurn(this.#typesetWaiting);
    for (const { code } of this.#filled.values()) code?.dispose();
    this.#filled.clear();
    this.#waiting.clear();
  }

  #fillFormula(slot: HTMLDataElement, insert: Formula): void {
    const before = this.#filled.get(slot);
    if (before?.insert.kind === 'formula' && isSame(before.insert, insert)) return;
    before?.code?.dispose();
    this.#filled.set(slot, { insert, code: null });
    slot.dir = 'ltr';
    slot.className = insert.display ? 'md-source md-display' : 'md-source';
    if (slot.textContent !== insert.source) slot.textContent = insert.source;
    if (insert.open) this.#waiting.delete(slot);
    else this.#waiting.set(slot, insert);
  }

  #typesetWaiting = (deadlineMs: number): boolean => {
    if (!areFormulasLoaded()) {
      void loadFormulas().then(() => {
        if (areFormulasLoaded() && this.#waiting.size > 0) requestTurn(this.#typesetWaiting);
      });
      return false;
    }
    for (const [slot, { source, display }] of this.#waiting) {
      this.#waiting.delete(slot);
      const made = typeset(source, display);
      if (made === null) continue; // it stays its source
      slot.className = display ? 'md-display' : 'md-formula';
      slot.replaceChildren(made);
      if (performance.now() > deadlineMs) break;
    }
    if (this.#waiting.size > 0) requestTurn(this.#typesetWaiting);
    return false;
  };

  #fillCode(slot: HTMLDataElement, insert: Insert & { kind: 'code' }, isOpen: boolean): void {
    let filled = this.#filled.get(slot);
    if (filled?.code) filled.insert = insert;
    else {
      this.#waiting.delete(slot);
      filled = { insert, code: new CodeBlock(this.#tools) };
      this.#filled.set(slot, filled);
      slot.className = 'md-code-slot';
      slot.replaceChildren(filled.code!.element);
    }
    filled.code!.update(insert.language, insert.text, isOpen);
  }
}

const isSame = (a: Formula, b: Formula): boolean =>
  a.source === b.source && a.display === b.display && a.open === b.open;
