import type { SavedPrompt } from '#chat/records.ts';
import type { PromptStore } from '#chat/prompt-store.ts';
import { MAX_PROMPTS, problemOf } from '#chat/saved-prompt.ts';
import type { PromptProblem } from '#chat/saved-prompt.ts';
import { starterPrompts } from '#lib/text/starter-prompts.ts';

type Outside = {
  /** Null where the browser keeps nothing: prompts then last as long as the page. */
  store: () => PromptStore | null;
  now: () => number;
  newId: () => string;
  /** The last change was not kept, though it is shown. */
  onSaveError: () => void;
};

/** Why a prompt was not saved. */
export type SaveProblem = PromptProblem | 'many-prompts';

/**
 * The prompts a person can use again: those that come with the page and their own. A starter that was changed is kept
 * under its id, and one that was deleted is kept there without a text.
 */
export class SavedPrompts {
  /** The one that can still be brought back. */
  removed = $state.raw<SavedPrompt | null>(null);

  readonly #outside: Outside;
  #kept = $state.raw<readonly SavedPrompt[]>([]);
  #before: SavedPrompt | null = null;

  /** All of them: a person's own first, the last saved before older ones. */
  readonly all: readonly SavedPrompt[] = $derived.by(() => {
    const isKept = (id: string): boolean => this.#kept.some((one) => one.id === id);
    const own = this.#kept.filter(({ text }) => text !== '').sort((a, b) => b.updatedAt - a.updatedAt);
    const starters = starterPrompts().filter(({ id }) => !isKept(id));
    return [...own, ...starters.map((one) => ({ ...one, updatedAt: 0 }))];
  });

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** Reads what is kept: another tab may have written. */
  async refresh(): Promise<void> {
    const store = this.#outside.store();
    if (store === null) return;
    try {
      this.#kept = (await store.all()).slice(0, MAX_PROMPTS * 2);
    } catch {
      // What is shown stays; the next change says whether writing works.
    }
  }

  /** Saves a prompt, as a new one without an id; what is wrong with it otherwise. */
  save(prompt: { id: string | null; name: string; text: string }): SaveProblem | null {
    const [name, text] = [prompt.name.trim(), prompt.text.trim()];
    const problem = problemOf({ name, text });
    if (problem !== null) return problem;
    if (prompt.id === null && this.all.length >= MAX_PROMPTS) return 'many-prompts';
    this.removed = null;
    this.#put({ id: prompt.id ?? this.#outside.newId(), name, text, updatedAt: this.#outside.now() });
    return null;
  }

  /** Deletes a prompt; `undo` brings back the last one. */
  remove(id: string): void {
    const prompt = this.all.find((one) => one.id === id);
    if (prompt === undefined) return;
    this.#before = this.#kept.find((one) => one.id === id) ?? null;
    this.removed = prompt;
    if (starterPrompts().some((one) => one.id === id))
      this.#put({ ...prompt, text: '', updatedAt: this.#outside.now() });
    else this.#drop(id);
  }

  undo(): void {
    const { removed } = this;
    if (removed === null) return;
    this.removed = null;
    if (this.#before === null) this.#drop(removed.id);
    else this.#put(this.#before);
  }

  /** Offers no undo any more. */
  forget(): void {
    this.removed = null;
  }

  #put(prompt: SavedPrompt): void {
    this.#kept = [...this.#kept.filter(({ id }) => id !== prompt.id), prompt];
    this.#write((store) => store.write(prompt));
  }

  #drop(id: string): void {
    this.#kept = this.#kept.filter((one) => one.id !== id);
    this.#write((store) => store.remove(id));
  }

  #write(write: (store: PromptStore) => Promise<void>): void {
    const store = this.#outside.store();
    if (store !== null) void write(store).catch(() => this.#outside.onSaveError());
  }
}
