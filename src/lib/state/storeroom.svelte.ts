import type { AppError } from '#base/errors.ts';
import type { DeviceCheck } from './device-check.svelte.ts';
import type { ModelSession } from './model-session.svelte.ts';
import { asAppError } from './problem.ts';

type Parts = { model: ModelSession; check: DeviceCheck };

/** What came of the last thing done here, to be told. */
export type Outcome =
  | { readonly kind: 'intact'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'damaged'; readonly name: string; readonly key: string; readonly files: number }
  | { readonly kind: 'deleted'; readonly count: number; readonly beforeBytes: number; readonly afterBytes: number };

/** What is done with stored models: checked, deleted. One thing at a time. */
export class Storeroom {
  /** What runs, and on which model; null key for all. */
  work = $state.raw<{ readonly key: string | null; readonly doing: 'verify' | 'delete' } | null>(null);
  outcome = $state.raw<Outcome | null>(null);
  error = $state.raw<AppError | null>(null);

  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Reads a whole model and compares its checksums. */
  async verify(key: string): Promise<void> {
    const { model } = this.#parts;
    await this.#run({ key, doing: 'verify' }, async () => {
      const name = model.stored.find((one) => one.key === key)?.name ?? '';
      const { intact, checkedBytes, damaged } = await (await model.connected()).models.verify(key);
      this.outcome = intact
        ? { kind: 'intact', name, bytes: checkedBytes }
        : { kind: 'damaged', name, key, files: damaged.length };
    });
  }

  /** Deletes models, and tells what the browser says it holds before and after. */
  async remove(keys: readonly string[]): Promise<void> {
    const { model, check } = this.#parts;
    const key = keys.length === 1 ? keys[0]! : null;
    await this.#run({ key, doing: 'delete' }, async () => {
      await check.refresh();
      const beforeBytes = check.surroundings?.storage?.usageBytes ?? 0;
      for (const one of keys) await model.remove(one);
      await check.refresh();
      const afterBytes = check.surroundings?.storage?.usageBytes ?? 0;
      this.outcome = { kind: 'deleted', count: keys.length, beforeBytes, afterBytes };
    });
  }

  async #run(work: NonNullable<Storeroom['work']>, action: () => Promise<void>): Promise<void> {
    if (this.work !== null) return;
    this.work = work;
    this.outcome = null;
    this.error = null;
    try {
      await action();
    } catch (error) {
      this.error = asAppError(error);
    } finally {
      this.work = null;
      await this.#parts.model.refreshStored();
    }
  }
}
