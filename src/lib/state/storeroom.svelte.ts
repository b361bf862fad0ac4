import type { AppError } from '#base/errors.ts';
import type { LoadProgress } from '#engine/protocol/progress.ts';
import type { DeviceCheck } from './device-check.svelte.ts';
import type { ModelSession } from './model-session.svelte.ts';
import { sourceOf } from './model-choice.ts';
import type { ImportChoice } from './model-choice.ts';
import { asAppError } from './problem.ts';

type Parts = {
  model: ModelSession;
  check: DeviceCheck;
  /** Lets the person choose a folder; null when they chose none. */
  pickFolder: (mode: 'read' | 'readwrite') => Promise<FileSystemDirectoryHandle | null>;
};

export type Work = {
  /** Of the model it is done to; null for several, or for one that is not known yet. */
  readonly key: string | null;
  readonly doing: 'verify' | 'repair' | 'delete' | 'export' | 'import';
};

/** What came of the last thing done here, to be told. */
export type Outcome =
  | { readonly kind: 'intact'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'damaged'; readonly name: string; readonly key: string }
  | { readonly kind: 'repaired'; readonly name: string }
  | { readonly kind: 'exported'; readonly name: string; readonly folder: string; readonly bytes: number }
  | { readonly kind: 'imported'; readonly name: string }
  | { readonly kind: 'deleted'; readonly count: number; readonly beforeBytes: number; readonly afterBytes: number };

/** Eight seconds in all: Chromium took a tenth of one for half a gigabyte, and two and a half where the bytes had just been read. */
const FREED_TRIES = 54;
const FREED_EVERY_MS = 150;
/** Records and indexes of the database are counted too. */
const COUNTING_SLACK_BYTES = 4 << 20;

/** What is done with stored models: checked, deleted, copied out and in. One thing at a time. */
export class Storeroom {
  work = $state.raw<Work | null>(null);
  /** Of a copy that runs, 0 to 1. */
  done = $state(0);
  outcome = $state.raw<Outcome | null>(null);
  error = $state.raw<AppError | null>(null);

  readonly #parts: Parts;
  #stopping: AbortController | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Reads a whole model and compares its checksums. */
  async verify(key: string): Promise<void> {
    const { model } = this.#parts;
    await this.#run({ key, doing: 'verify' }, async () => {
      const name = model.stored.find((one) => one.key === key)?.name ?? '';
      const { intact, checkedBytes } = await (await model.connected()).models.verify(key);
      this.outcome = intact ? { kind: 'intact', name, bytes: checkedBytes } : { kind: 'damaged', name, key };
    });
  }

  /** Fetches again what a check found damaged; `choice` is where the model came from. */
  async repair(key: string, choice: ImportChoice): Promise<void> {
    await this.#run({ key, doing: 'repair' }, async (signal) => {
      const engine = await this.#parts.model.connected();
      const from = sourceOf(choice) as { model: string };
      await engine.models.import({ ...from, signal, onProgress: this.#follow });
      this.outcome = { kind: 'repaired', name: choice.name };
    });
  }

  /** Deletes models, and tells what the browser says it holds before and after. */
  async remove(keys: readonly string[]): Promise<void> {
    const { model, check } = this.#parts;
    const key = keys.length === 1 ? keys[0]! : null;
    await this.#run({ key, doing: 'delete' }, async () => {
      await check.refresh();
      const beforeBytes = check.surroundings?.storage?.usageBytes ?? 0;
      const removed = model.stored.filter((one) => keys.includes(one.key));
      const expectedBytes = beforeBytes - removed.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
      for (const one of keys) await model.remove(one);
      let afterBytes = beforeBytes;
      // A browser counts a moment later; what it says then is told, whatever it is.
      for (let tries = 0; tries < FREED_TRIES && afterBytes > expectedBytes + COUNTING_SLACK_BYTES; tries++) {
        await new Promise((resolve) => setTimeout(resolve, FREED_EVERY_MS));
        await check.refresh();
        afterBytes = check.surroundings?.storage?.usageBytes ?? 0;
      }
      this.outcome = { kind: 'deleted', count: keys.length, beforeBytes, afterBytes };
    });
  }

  /** Copies a stored model into a folder that the person chooses, for another browser or a memory stick. */
  async export(key: string): Promise<void> {
    const { model, pickFolder } = this.#parts;
    await this.#run({ key, doing: 'export' }, async (signal) => {
      const directory = await pickFolder('readwrite'); // first: a browser asks only right after a click
      if (directory === null) return;
      const name = model.stored.find((one) => one.key === key)?.name ?? '';
      const engine = await model.connected();
      const onProgress = this.#follow;
      const { folder, sizeBytes } = await engine.models.export(key, { directory, signal, onProgress });
      this.outcome = { kind: 'exported', name, folder, bytes: sizeBytes };
    });
  }

  /**
   * Brings in a model that was copied into a folder: these files, or for null a folder that the person chooses now. Every byte is
   * checked before the model counts as stored.
   */
  async import(files: readonly File[] | null): Promise<void> {
    await this.#run({ key: null, doing: 'import' }, async (signal) => {
      const folder = files ?? (await this.#parts.pickFolder('read'));
      if (folder === null) return;
      const engine = await this.#parts.model.connected();
      const { name } = await engine.models.import({ folder, signal, onProgress: this.#follow });
      this.outcome = { kind: 'imported', name };
    });
  }

  /** Ends a copy. What was written stays, and the same copy goes on from there. */
  stop(): void {
    this.#stopping?.abort();
  }

  readonly #follow = ({ doneBytes, totalBytes }: Pick<LoadProgress, 'doneBytes' | 'totalBytes'>): void => {
    this.done = totalBytes > 0 ? doneBytes / totalBytes : 0;
  };

  async #run(work: Work, action: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.work !== null) return;
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.done = 0;
    this.work = work;
    this.outcome = null;
    this.error = null;
    try {
      await action(stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) this.error = asAppError(error);
    } finally {
      this.work = null;
      await this.#parts.model.refreshStored();
    }
  }
}
