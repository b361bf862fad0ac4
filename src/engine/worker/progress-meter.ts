import type { LoadProgress, LoadStage } from '#engine/protocol/progress.ts';

/** Rates are taken over this long: short enough to follow a changing network, long enough to be readable. */
const WINDOW_MS = 5000;
/** At most this often per stage; the first and the last report of a stage always pass. */
const REPORT_EVERY_MS = 100;

type Sample = { atMs: number; doneBytes: number };
type Track = { samples: Sample[]; reportedAtMs: number; isComplete: boolean };

/** Turns counts into reports with rate and time left, per stage, throttled. */
export class ProgressMeter {
  readonly #report: (progress: LoadProgress) => void;
  readonly #now: () => number;
  readonly #tracks = new Map<LoadStage, Track>();

  constructor(report: (progress: LoadProgress) => void, now: () => number = () => performance.now()) {
    this.#report = report;
    this.#now = now;
  }

  /** A stage that moves no bytes is told with 0 of 0. */
  update(stage: LoadStage, doneBytes = 0, totalBytes = 0): void {
    const atMs = this.#now();
    const track = this.#tracks.get(stage) ?? { samples: [], reportedAtMs: -Infinity, isComplete: false };
    this.#tracks.set(stage, track);
    track.samples.push({ atMs, doneBytes });
    // One sample older than the window stays, so that the rate always spans all of it.
    while ((track.samples[1]?.atMs ?? Infinity) <= atMs - WINDOW_MS) track.samples.shift();
    const isComplete = doneBytes >= totalBytes;
    const isNews = atMs - track.reportedAtMs >= REPORT_EVERY_MS || isComplete !== track.isComplete;
    if (!isNews) return;
    track.reportedAtMs = atMs;
    track.isComplete = isComplete;
    const bytesPerSecond = rate(track.samples);
    const secondsLeft = isComplete ? 0 : bytesPerSecond > 0 ? (totalBytes - doneBytes) / bytesPerSecond : null;
    this.#report({ stage, doneBytes, totalBytes, bytesPerSecond, secondsLeft });
  }
}

function rate(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.atMs <= first.atMs) return 0;
  return ((last.doneBytes - first.doneBytes) / (last.atMs - first.atMs)) * 1000;
}
