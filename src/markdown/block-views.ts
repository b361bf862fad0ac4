// One view for each block: it owns one element and brings it to what the block says.
import type { Tokens } from 'marked';
import type { Block, CodeBlockText, ListBlock, TableBlock } from './block-stream.ts';
import { CodeBlock } from './code-block.ts';
import type { CodeTools } from './code-block.ts';
import { morph } from './morph.ts';
import { sanitise } from './sanitise.ts';
import { Slots } from './slots.ts';
import { blocksToHtml, itemToHtml, rowToHtml } from './to-html.ts';
import type { Insert } from './to-html.ts';

export type BlockView = {
  readonly element: HTMLElement;
  /** Shows a block of the same kind. Returns true when the deadline came first: call it again. */
  update(block: Block, isFinal: boolean, deadlineMs: number): boolean;
  /** What was final may grow again. */
  reopen(): void;
  dispose(): void;
};

export function createBlockView(block: Block, tools: CodeTools): BlockView {
  switch (block.kind) {
    case 'flow':
      return new FlowView(tools);
    case 'list':
      return new ListView(block, tools);
    case 'table':
      return new TableView(tools);
    case 'code':
      return new CodeView(tools);
    case 'plain':
      return new PlainView();
  }
}

/** An element whose inside is HTML of ours. */
class Inside {
  readonly element: HTMLElement;
  #slots: Slots;

  constructor(element: HTMLElement, tools: CodeTools) {
    this.element = element;
    this.#slots = new Slots(tools);
  }

  show(toHtml: (inserts: Insert[]) => string, isFinal: boolean, wrap?: (html: string) => string): void {
    const inserts: Insert[] = [];
    const html = toHtml(inserts);
    const fragment = sanitise(wrap ? wrap(html) : html);
    morph(this.element, wrap ? fragment.querySelector('tr')! : fragment);
    this.#slots.fill(this.element, inserts, !isFinal);
  }

  dispose(): void {
    this.#slots.dispose();
  }
}

class FlowView implements BlockView {
  readonly element = document.createElement('div');
  #inside: Inside;

  constructor(tools: CodeTools) {
    this.#inside = new Inside(this.element, tools);
  }

  update(block: Block, isFinal: boolean): boolean {
    const { token } = block as Block & { kind: 'flow' };
    this.#inside.show((inserts) => blocksToHtml([token], inserts), isFinal);
    return false;
  }

  reopen(): void {
    // nothing in it is kept back
  }

  dispose(): void {
    this.#inside.dispose();
  }
}

/** Keeps the parts (items, rows) that are settled, and shows the others anew. */
class Parts<Part> {
  #views: Inside[] = [];
  #final = 0;
  #root: HTMLElement;
  #tools: CodeTools;
  #create: () => HTMLElement;
  #show: (view: Inside, part: Part, isFinal: boolean) => void;

  constructor(
    root: HTMLElement,
    tools: CodeTools,
    create: () => HTMLElement,
    show: (view: Inside, part: Part, isFinal: boolean) => void,
  ) {
    this.#root = root;
    this.#tools = tools;
    this.#create = create;
    this.#show = show;
  }

  update(parts: readonly Part[], settled: number, deadlineMs: number): boolean {
    for (let index = this.#final; index < parts.length; index++) {
      let view = this.#views[index];
      if (view === undefined) {
        view = new Inside(this.#create(), this.#tools);
        this.#views.push(view);
        this.#root.append(view.element);
      }
      this.#show(view, parts[index]!, index < settled);
      if (index < settled) this.#final = index + 1;
      if (performance.now() > deadlineMs && index + 1 < parts.length) return true;
    }
    for (const view of this.#views.splice(parts.length)) {
      view.dispose();
      view.element.remove();
    }
    return false;
  }

  reopen(): void {
    this.#final = 0;
  }

  dispose(): void {
    for (const view of this.#views) view.dispose();
  }
}

class ListView implements BlockView {
  readonly element: HTMLElement;
  #parts: Parts<Tokens.ListItem>;

  constructor(list: ListBlock, tools: CodeTools) {
    this.element = document.createElement(list.ordered ? 'ol' : 'ul');
    if (this.element instanceof HTMLOListElement && list.start !== 1) this.element.start = list.start;
    this.#parts = new Parts(
      this.element,
      tools,
      () => document.createElement('li'),
      (view, item, isFinal) => {
        view.element.classList.toggle('md-task', item.task);
        view.show((inserts) => itemToHtml(item, inserts), isFinal);
      },
    );
  }

  update(block: Block, isFinal: boolean, deadlineMs: number): boolean {
    const { items, settled } = block as ListBlock;
    return this.#parts.update(items, isFinal ? items.length : settled, deadlineMs);
  }

  reopen(): void {
    this.#parts.reopen();
  }

  dispose(): void {
    this.#parts.dispose();
  }
}

class TableView implements BlockView {
  readonly element = document.createElement('div');
  #head: Inside;
  #rows: Parts<Tokens.TableCell[]>;

  constructor(tools: CodeTools) {
    this.element.className = 'md-table';
    this.element.tabIndex = 0; // wide tables scroll by themselves
    this.element.setAttribute('role', 'region');
    this.element.setAttribute('aria-label', tools.tableLabel);
    const table = document.createElement('table');
    const head = table.createTHead();
    const body = table.createTBody();
    this.element.append(table);
    this.#head = new Inside(head.insertRow(), tools);
    this.#rows = new Parts(
      body,
      tools,
      () => document.createElement('tr'),
      (view, cells, isFinal) => showRow(view, cells, isFinal),
    );
  }

  update(block: Block, isFinal: boolean, deadlineMs: number): boolean {
    const { head, rows, settled } = block as TableBlock;
    showRow(this.#head, head.header, true);
    return this.#rows.update(rows, isFinal ? rows.length : settled, deadlineMs);
  }

  reopen(): void {
    this.#rows.reopen();
  }

  dispose(): void {
    this.#head.dispose();
    this.#rows.dispose();
  }
}

/** HTML's parser knows cells only inside a table. */
function showRow(view: Inside, cells: readonly Tokens.TableCell[], isFinal: boolean): void {
  view.show(
    (inserts) => rowToHtml(cells, inserts),
    isFinal,
    (html) => `<table><tbody>${html}</tbody></table>`,
  );
}

class CodeView implements BlockView {
  readonly element: HTMLElement;
  #code: CodeBlock;

  constructor(tools: CodeTools) {
    this.#code = new CodeBlock(tools);
    this.element = this.#code.element;
  }

  update(block: Block): boolean {
    const { language, text, open } = block as CodeBlockText;
    this.#code.update(language, text, open);
    return false;
  }

  reopen(): void {
    // nothing in it is kept back
  }

  dispose(): void {
    this.#code.dispose();
  }
}

class PlainView implements BlockView {
  readonly element = document.createElement('p');

  constructor() {
    this.element.className = 'md-plain';
  }

  update(block: Block): boolean {
    const { text } = block as Block & { kind: 'plain' };
    if (this.element.textContent !== text) this.element.textContent = text;
    return false;
  }

  reopen(): void {
    // nothing in it is kept back
  }

  dispose(): void {
    // holds nothing
  }
}
