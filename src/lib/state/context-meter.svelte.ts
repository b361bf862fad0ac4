import { contextBudget } from '#chat/context-budget.ts';
import type { ContextBudget } from '#chat/context-budget.ts';
import type { Engine } from '#engine/client/engine.ts';
import { TokenCounter } from './token-counter.ts';

/** What the open conversation takes of the model's context. */
export class ContextMeter {
  /** Of the turns measured last; null when nothing was. */
  budget = $state.raw<ContextBudget | null>(null);

  readonly #counter = new TokenCounter();
  #latest = 0;

  /** Measures the turns' texts, the unsent one included. A measurement overtaken by a later one is not shown. */
  async measure(
    texts: readonly string[],
    engine: Pick<Engine, 'tokenize'>,
    model: { key: string; contextLength: number },
  ): Promise<ContextBudget> {
    const turn = ++this.#latest;
    const counts = await this.#counter.count(texts, model.key, (text) => engine.tokenize(text));
    const budget = contextBudget(counts, model.contextLength);
    if (turn === this.#latest) this.budget = budget;
    return budget;
  }

  clear(): void {
    this.#latest++;
    this.budget = null;
  }
}
