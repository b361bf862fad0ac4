// Progress as a person can read it for an hour: numbers that move once a second, a rate that does not jump with every packet,
// and a time left that counts down instead of dancing.
import type { LoadProgress } from '#engine/protocol/progress.ts';

export type SteadyProgress = {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Null until it has been watched long enough to be told. */
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly startedMs: number;
  readonly shownMs: number;
};

const EVERY_MS = 1000;
/** The first seconds tell of buffers, not of the line. */
const WATCH_MS = 3000;
/** Of the newest rate in the one shown: about ten seconds until a change of the line is seen whole. */
const NEW_SHARE = 0.25;
/** An estimate this near to the countdown does not disturb it. */
const TOLERANCE = 0.15;

/** What to show after a report. The same object when nothing changes yet. */
export function steady(
  shown: SteadyProgress | null,
  report: Pick<LoadProgress, 'doneBytes' | 'totalBytes' | 'bytesPerSecond'>,
  nowMs: number,
): SteadyProgress {
  const { doneBytes, totalBytes, bytesPerSecond } = report;
  if (shown === null || shown.totalBytes !== totalBytes) {
    const fresh = { bytesPerSecond: null, secondsLeft: null, startedMs: nowMs, shownMs: nowMs };
    return { doneBytes, totalBytes, ...fresh };
  }
  const isDone = totalBytes > 0 && doneBytes >= totalBytes;
  if (!isDone && nowMs - shown.shownMs < EVERY_MS) return shown;
  const { startedMs } = shown;
  if (nowMs - startedMs < WATCH_MS || bytesPerSecond <= 0) {
    return { ...shown, doneBytes, shownMs: nowMs, ...(isDone ? { secondsLeft: 0 } : {}) };
  }
  const rate = shown.bytesPerSecond === null ? bytesPerSecond : mix(shown.bytesPerSecond, bytesPerSecond);
  const estimate = Math.max(0, totalBytes - doneBytes) / rate;
  const countdown = shown.secondsLeft === null ? null : shown.secondsLeft - (nowMs - shown.shownMs) / 1000;
  const isNear = countdown !== null && countdown > 0 && Math.abs(estimate - countdown) < estimate * TOLERANCE;
  return {
    doneBytes,
    totalBytes,
    bytesPerSecond: rate,
    secondsLeft: isDone ? 0 : isNear ? countdown : estimate,
    startedMs,
    shownMs: nowMs,
  };
}

const mix = (before: number, now: number): number => before * (1 - NEW_SHARE) + now * NEW_SHARE;
