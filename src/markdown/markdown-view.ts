// Shows a message as Markdown while it is written, below one element that it owns. Work is done in animation frames, a part
// at a time; of what is settled nothing is parsed, made or laid out again.
import { BlockStream } from './block-stream.ts';
import type { Block } from './block-stream.ts';
import { createBlockView } from './block-views.ts';
import type { BlockView } from './block-views.ts';
import type { CodeTools } from './code-block.ts';
import { directionOf } from './direction.ts';
import { cancelTurn, requestTurn } from './frames.ts';
import { neutralise } from './neutral-text.ts';

/** Direction is decided by then; later words do not turn a message around. */
const DECIDED_AT = 600;

export class MarkdownView {
  /** How often a block was brought to its text: two for each word would be too many. */
  shownBlocks = 0;
  #root: HTMLElement;
  #tools: CodeTools;
  #stream = new BlockStream();
  #views: { shape: string; view: BlockView }[] = [];
  #final = 0;
  #raw = '';
  #text = '';
  #ended = false;
  #isShown = true;
  #onShown: (() => void) | null = null;

  /** `onShown` is called once, when the first text is there in full. */
  constructor(root: HTMLElement, tools: CodeTools, onShown: () => void) {
    this.#root = root;
    this.#onShown = onShown;
    this.#tools = tools;
  }

  /** Whether everything it was given is there to be read. */
  get isShown(): boolean {
    return this.#isShown;
  }

  /** Characters parsed so far. */
  get lexedChars(): number {
    return this.#stream.lexedChars;
  }

  /** Shows `text` with the next frames. `ended`: it is complete. */
  update(text: string, ended: boolean): void {
    if (text === this.#raw && ended === this.#ended && this.#text !== '') return;
    if (!text.startsWith(this.#raw)) this.#restart();
    else if (this.#ended) this.#reopen();
    this.#text += neutralise(text.slice(this.#raw.length));
    this.#raw = text;
    this.#ended = ended;
    this.#stream.extend(this.#text, ended);
    this.#isShown = false;
    requestTurn(this.#turn);
  }

  dispose(): void {
    cancelTurn(this.#turn);
    this.#clear(0);
  }

  #restart(): void {
    this.#stream = new BlockStream();
    this.#raw = this.#text = '';
    this.#final = 0;
    this.#clear(0);
  }

  /** An answer that had ended goes on: what is shown stays, and is only read once more. */
  #reopen(): void {
    this.#stream = new BlockStream();
    this.#final = 0;
    for (const { view } of this.#views) view.reopen();
  }

  #clear(from: number): void {
    for (const { view } of this.#views.splice(from)) {
      view.dispose();
      view.element.remove();
    }
  }

  #turn = (deadlineMs: number): boolean => {
    if (this.#root.dir === '' || this.#text.length < DECIDED_AT || this.#ended) {
      this.#root.dir = directionOf(this.#text) ?? 'ltr';
    }
    while (this.#stream.advance()) {
      if (performance.now() > deadlineMs) return this.#show(deadlineMs, this.#stream.settled) || true;
    }
    this.#stream.showTail();
    if (this.#show(deadlineMs, this.#stream.blocks.length)) return true;
    this.#isShown = true;
    this.#onShown?.();
    this.#onShown = null;
    return false;
  };

  /** Shows blocks up to `count`; true when the frame was over first. */
  #show(deadlineMs: number, count: number): boolean {
    const { blocks, settled } = this.#stream;
    for (let index = this.#final; index < count; index++) {
      const block = blocks[index]!;
      let shown = this.#views[index];
      if (shown?.shape !== shapeOf(block)) shown = this.#replace(index, block);
      this.shownBlocks++;
      const isFinal = index < settled;
      if (shown.view.update(block, isFinal, deadlineMs)) return true;
      if (isFinal) this.#final = index + 1;
      if (performance.now() > deadlineMs && index + 1 < count) return true;
    }
    if (count === blocks.length) this.#clear(count);
    return false;
  }

  #replace(index: number, block: Block): { shape: string; view: BlockView } {
    const view = createBlockView(block, this.#tools);
    const old = this.#views[index];
    if (old) {
      old.view.dispose();
      old.view.element.replaceWith(view.element);
    } else this.#root.append(view.element);
    return (this.#views[index] = { shape: shapeOf(block), view });
  }
}

/** Blocks of one shape are shown by one view. */
const shapeOf = (block: Block): string =>
  block.kind === 'list' ? `list ${block.mark} ${block.ordered ? block.start : ''}` : block.kind;
