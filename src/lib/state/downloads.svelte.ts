import type { AppError, ErrorCode } from '#base/errors.ts';
import type { Engine } from '#engine/client/engine.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';
import type { LoadProgress, LoadStage } from '#engine/protocol/progress.ts';
import { isEmbedded } from './embedded.ts';
import { choiceToGoOn, isChoiceOf, sourceOf } from './model-choice.ts';
import type { ImportChoice } from './model-choice.ts';
import { asAppError } from './problem.ts';
import { steady } from './steady-progress.ts';
import type { SteadyProgress } from './steady-progress.ts';

export type Download = {
  readonly choice: ImportChoice;
  /** `waiting`: another tab gets the same model. `ready`: it is stored whole and waits to be used. */
  readonly status: 'running' | 'waiting' | 'paused' | 'failed' | 'ready';
  readonly progress: SteadyProgress | null;
  /** It runs, and for a while no byte has come. */
  readonly isQuiet: boolean;
  /** Why it failed. */
  readonly error: AppError | null;
  /** Once it is ready. */
  readonly model: ModelInfo | null;
};

type Outside = {
  engine: () => Promise<Engine>;
  persist: () => Promise<unknown>;
  now: () => number;
  /** What is stored has changed. */
  onStored: () => Promise<readonly ModelInfo[]>;
  onReady: (download: Download) => void;
  onRate: (bytesPerSecond: number) => void;
  /** Calls back whenever the browser loses the network, and when it has one again. */
  onNetwork: (act: (isOnline: boolean) => void) => void;
};

/** Bytes are reported when a part of the file is there; four parts of 4 MiB come side by side, and may be there at once. */
const REPORTED_AT_ONCE_BYTES = 16 << 20;
/** Without a report for so long, a rate and a time left would be untrue; longer where the line is so slow that it needs longer. */
const QUIET_AFTER_MS = 5000;
const QUIET_UNKNOWN_AFTER_MS = 60_000;
/** What a network that is back mends by itself. */
const MENDED_BY_NETWORK: readonly ErrorCode[] = [
  'source-unreachable',
  'source-cut',
  'source-stalled',
  'import-waits',
  'catalog-unreachable',
];

/** Brings one model at a time into the store, beside whatever is loaded and answers. What has arrived is never lost. */
export class Downloads {
  current = $state.raw<Download | null>(null);

  readonly #outside: Outside;
  #abort: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #quiet: ReturnType<typeof setTimeout> | undefined;
  /** Unfinished models that the person does not want to be asked about in this visit. */
  readonly #declined: string[] = [];

  constructor(outside: Outside) {
    this.#outside = outside;
    outside.onNetwork((isOnline) => {
      const { current } = this;
      if (!isOnline) this.#fallQuiet();
      else if (current?.error && MENDED_BY_NETWORK.includes(current.error.code)) this.resume();
    });
  }

  get isBusy(): boolean {
    return this.current?.status === 'running' || this.current?.status === 'waiting';
  }

  /** Begins, or goes on where it stopped. Another model waits until this one is ready, paused or given up. */
  start(choice: ImportChoice): void {
    if (this.isBusy) return;
    const before = this.current !== null && sameChoice(this.current.choice, choice) ? this.current.progress : null;
    const progress = this.#restarted(before);
    this.current = { choice, status: 'running', progress, isQuiet: false, error: null, model: null };
    this.#watch();
    this.#running = this.#run(choice);
  }

  /** Goes on with what was paused or failed. */
  resume(): void {
    if (this.current !== null && !this.isBusy) this.start(this.current.choice);
  }

  pause(): void {
    if (!this.isBusy) return;
    this.#abort?.abort();
    this.#change({ status: 'paused' });
  }

  /** Gives up, and deletes what has arrived. */
  async discard(): Promise<void> {
    const { current } = this;
    if (current === null) return;
    this.#abort?.abort();
    await this.#running;
    this.current = null;
    const stored = await this.#outside.onStored();
    const rest = stored.find((model) => model.state === 'importing' && isChoiceOf(current.choice, model));
    if (rest !== undefined) {
      const engine = await this.#outside.engine();
      await engine.models.delete(rest.key).catch(() => undefined); // another tab is at it, and keeps it
      await this.#outside.onStored();
    }
  }

  /** Takes away the notice; what is stored stays. */
  dismiss(): void {
    if (this.isBusy) return;
    const { current } = this;
    this.current = null;
    if (current?.status === 'paused' || current?.status === 'failed') this.#declined.push(nameOf(current.choice));
  }

  /** Offers to go on with what an earlier visit left unfinished. */
  offer(stored: readonly ModelInfo[]): void {
    if (this.current !== null) return;
    for (const model of stored) {
      const choice = model.state === 'importing' && model.storedBytes > 0 && !isEmbedded(model) && choiceToGoOn(model);
      if (!choice || this.#declined.includes(nameOf(choice))) continue;
      const { storedBytes: doneBytes, totalBytes } = model;
      const progress = steady(null, { doneBytes, totalBytes, bytesPerSecond: 0 }, this.#outside.now());
      this.current = { choice, status: 'paused', progress, isQuiet: false, error: null, model: null };
      return;
    }
  }

  async #run(choice: ImportChoice): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    void this.#outside.persist().catch(() => false); // refused or unknown: the model is stored all the same
    try {
      const engine = await this.#outside.engine();
      abort.signal.throwIfAborted();
      const model = await engine.models.import({
        ...(sourceOf(choice) as { model: string }),
        signal: abort.signal,
        onProgress: (progress) => this.#report(abort, progress),
      });
      await this.#outside.onStored();
      if (abort.signal.aborted) return;
      this.#change({ status: 'ready', model });
      this.#outside.onReady(this.current!);
    } catch (error) {
      await this.#outside.onStored();
      if (abort.signal.aborted) return; // paused or given up: the one who asked for it has said so
      this.#change({ status: 'failed', error: asAppError(error) });
    }
  }

  #report(abort: AbortController, report: LoadProgress): void {
    if (abort.signal.aborted || this.current === null) return;
    if (report.stage === 'waiting') return this.#change({ status: 'waiting' });
    if (!COUNTED.includes(report.stage)) return;
    const { progress, status, isQuiet } = this.current;
    const shown = steady(isQuiet ? this.#restarted(progress) : progress, report, this.#outside.now());
    if (shown !== progress || status !== 'running')
      this.#change({ status: 'running', progress: shown, isQuiet: false });
    this.#watch();
    if (shown.bytesPerSecond !== null) this.#outside.onRate(shown.bytesPerSecond);
  }

  /** Begins to wait for the next bytes. */
  #watch(): void {
    const rate = this.current?.progress?.bytesPerSecond ?? null;
    const expectedMs = rate === null ? QUIET_UNKNOWN_AFTER_MS : (2 * REPORTED_AT_ONCE_BYTES * 1000) / rate;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#fallQuiet(), Math.max(QUIET_AFTER_MS, expectedMs));
  }

  #fallQuiet(): void {
    if (this.current?.status === 'running') this.#change({ isQuiet: true });
  }

  /** The bytes stay on the screen; rate and time left are watched anew. */
  #restarted(before: SteadyProgress | null): SteadyProgress | null {
    const now = this.#outside.now();
    return before && { ...before, bytesPerSecond: null, secondsLeft: null, startedMs: now, shownMs: now };
  }

  #change(change: Partial<Download>): void {
    if (this.current !== null) this.current = { ...this.current, ...change };
  }
}

/** What comes over the network is what one waits for; storing follows a few seconds behind. */
const COUNTED: readonly LoadStage[] = ['network'];

const nameOf = (choice: ImportChoice): string => JSON.stringify(sourceOf(choice));
const sameChoice = (a: ImportChoice, b: ImportChoice): boolean => a === b || nameOf(a) === nameOf(b);
