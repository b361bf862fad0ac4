/**
 * What a load is doing. `waiting` for another tab that imports the same model. `network` and `disk` run together while a
 * model is imported; a model that is already stored begins at `upload`. Every load passes through the last four, in this order.
 */
export const LOAD_STAGES = ['waiting', 'network', 'disk', 'upload', 'compile', 'check', 'first-token'] as const;
export type LoadStage = (typeof LOAD_STAGES)[number];

/** One report. Numbers are counted, never guessed; a stage that moves no bytes reports 0 of 0. */
export type LoadProgress = {
  readonly stage: LoadStage;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds of this stage; 0 before the first two reports. */
  readonly bytesPerSecond: number;
  /** Of this stage; null while the rate is unknown. */
  readonly secondsLeft: number | null;
};
