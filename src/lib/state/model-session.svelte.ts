import type { AppError } from '#base/errors.ts';
import type { Engine } from '#engine/client/engine.ts';
import type { AdapterDescription, LoadedModel, ModelInfo } from '#engine/protocol/info.ts';
import type { LoadStage } from '#engine/protocol/progress.ts';
import { loadView } from './load-view.ts';
import type { LoadReports, LoadView } from './load-view.ts';
import { sourceOf } from './model-choice.ts';
import type { ModelChoice } from './model-choice.ts';
import { asAppError } from './problem.ts';

export type ModelStatus = 'none' | 'loading' | 'ready' | 'failed';

type Outside = {
  /** Starts an engine worker. */
  connect: () => Promise<Engine>;
  /** Asks the browser to keep what the page stores; its answer changes nothing here. */
  persist: () => Promise<unknown>;
  onProgress: (view: LoadView) => void;
};

/** The one engine of the page: which model it holds, how loading goes, and what is stored on this device. */
export class ModelSession {
  status = $state<ModelStatus>('none');
  choice = $state.raw<ModelChoice | null>(null);
  loaded = $state.raw<LoadedModel | null>(null);
  adapter = $state.raw<AdapterDescription | null>(null);
  /** Why the last load failed, or why the engine went away after it. */
  error = $state.raw<AppError | null>(null);
  stored = $state.raw<readonly ModelInfo[]>([]);

  #reports = $state.raw<LoadReports>({});
  #latest = $state.raw<LoadStage | null>(null);
  readonly view = $derived(loadView(this.#reports, this.#latest));

  readonly #outside: Outside;
  #connecting: Promise<Engine> | null = null;
  #engine: Engine | null = null;
  #loading: AbortController | null = null;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** The engine while it can answer; null before a model is loaded. */
  get engine(): Engine | null {
    return this.status === 'ready' ? this.#engine : null;
  }

  /** Loads a model in place of the one that is loaded. True when it is ready; a cancelled load is no error. */
  async load(choice: ModelChoice): Promise<boolean> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.choice = choice;
    this.status = 'loading';
    this.#reports = {};
    this.#latest = null;
    this.error = null;
    void this.#outside.persist().catch(() => false); // refused or unknown: the model is stored all the same
    try {
      const engine = await this.connected();
      loading.signal.throwIfAborted();
      const info = await engine.load({
        ...(sourceOf(choice) as { stored: string }),
        signal: loading.signal,
        onProgress: (progress) => {
          if (this.#loading !== loading) return;
          this.#reports = { ...this.#reports, [progress.stage]: progress };
          this.#latest = progress.stage;
          this.#outside.onProgress(this.view);
        },
      });
      if (this.#loading !== loading) return false;
      this.loaded = info.model;
      this.adapter = info.adapter;
      this.status = 'ready';
      return true;
    } catch (error) {
      if (this.#loading !== loading) return false; // another load took its place and speaks for itself
      this.loaded = null;
      if (loading.signal.aborted) this.status = 'none';
      else this.#fail(asAppError(error));
      return false;
    } finally {
      if (this.#loading === loading) {
        this.#loading = null;
        await this.refreshStored();
      }
    }
  }

  /** A model of the catalog as it is stored here, in part or whole; null where nothing is. */
  storedOf(catalogId: string): ModelInfo | null {
    const found = this.stored.filter((model) => model.catalogId === catalogId);
    return found.find(({ state }) => state === 'complete') ?? found[0] ?? null;
  }

  /** Ends a load. What has arrived stays stored. */
  cancel(): void {
    this.#loading?.abort();
  }

  dismissError(): void {
    this.error = null;
    if (this.status === 'failed') this.status = 'none';
  }

  /** Reads the list of stored models; starts the engine where it does not run. */
  async refreshStored(): Promise<readonly ModelInfo[]> {
    try {
      this.stored = await (await this.connected()).models.list();
    } catch {
      this.stored = []; // a load, which needs the same engine and the same storage, will say why
    }
    return this.stored;
  }

  /** Deletes a stored model, also the one in use. */
  async remove(key: string): Promise<void> {
    await (await this.connected()).models.delete(key);
    if (this.loaded?.key === key) {
      this.loaded = null;
      this.status = 'none';
    }
    await this.refreshStored();
  }

  /** Ends the engine; the next call starts one anew. */
  restart(): void {
    this.#engine?.dispose();
    this.#engine = null;
    this.#connecting = null;
    this.loaded = null;
    this.status = 'none';
  }

  /** The engine's worker, started where it does not run. */
  async connected(): Promise<Engine> {
    if (this.#connecting === null) {
      const connecting = this.#outside.connect();
      this.#connecting = connecting;
      // A failed start must not be remembered, or no later try could succeed.
      connecting.then(
        (engine) => this.#listen(engine),
        () => (this.#connecting = null),
      );
    }
    return this.#connecting;
  }

  #listen(engine: Engine): void {
    this.#engine = engine;
    engine.on('lost', (error) => this.#goAway(error));
    engine.on('died', (error) => {
      this.#connecting = null;
      this.#engine = null;
      this.#goAway(error);
    });
  }

  /** The engine is gone between loads; during one, the load itself fails and tells. */
  #goAway(error: AppError): void {
    this.loaded = null;
    if (this.#loading === null && this.status === 'ready') this.#fail(error);
  }

  #fail(error: AppError): void {
    this.error = error;
    this.status = 'failed';
  }
}
