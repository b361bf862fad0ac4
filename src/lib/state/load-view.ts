// What a load looks like, from the reports of its stages.
import { LOAD_STAGES } from '#engine/protocol/progress.ts';
import type { LoadProgress, LoadStage } from '#engine/protocol/progress.ts';

export type LoadReports = Readonly<Partial<Record<LoadStage, LoadProgress>>>;
export type LoadStep = { stage: LoadStage; state: 'done' | 'now' | 'next'; progress: LoadProgress | null };
export type LoadView = {
  /** The stage to speak of; null before the first report. */
  current: LoadProgress | null;
  /** Of the whole load, 0 to 1: how far the sun has risen. Bytes of a stage are counted, the shares of stages are a guess. */
  fraction: number;
  steps: readonly LoadStep[];
};

/** Where each stage ends; `network` and `disk` run side by side. A stored model passes only the later ones. */
const IMPORT_ENDS: Record<LoadStage, number> = {
  waiting: 0,
  network: 0.7,
  disk: 0.7,
  upload: 0.84,
  compile: 0.92,
  check: 0.96,
  'first-token': 1,
};
const STORED_ENDS: Record<LoadStage, number> = {
  waiting: 0,
  network: 0,
  disk: 0,
  upload: 0.6,
  compile: 0.8,
  check: 0.9,
  'first-token': 1,
};

/** `latest` is the stage reported last. */
export function loadView(reports: LoadReports, latest: LoadStage | null): LoadView {
  if (latest === null) return { current: null, fraction: 0, steps: [] };
  const isImport = reports.network !== undefined || reports.disk !== undefined;
  const stages = LOAD_STAGES.filter((stage) =>
    stage === 'waiting' ? reports.waiting !== undefined : isImport || (stage !== 'network' && stage !== 'disk'),
  );
  const steps = stages.map((stage) => ({
    stage,
    state: stateOf(stage, reports, latest),
    progress: reports[stage] ?? null,
  }));
  // While a model is fetched and stored at once, the slower of the two is the one to tell about: the first not done.
  const now = steps.find(({ state }) => state === 'now');
  const current = now?.progress ?? reports[latest] ?? null;
  const ends = isImport ? IMPORT_ENDS : STORED_ENDS;
  const before = Math.max(0, ...stages.filter((stage) => ends[stage] < ends[latest]).map((stage) => ends[stage]));
  return { current, fraction: before + (ends[latest] - before) * partOf(reports[latest] ?? null), steps };
}

/** How much of a stage is done, 0 to 1; 0 where it moves no bytes. */
export function partOf(progress: LoadProgress | null): number {
  if (progress === null || progress.totalBytes <= 0) return 0;
  return Math.min(1, Math.max(0, progress.doneBytes / progress.totalBytes));
}

function stateOf(stage: LoadStage, reports: LoadReports, latest: LoadStage): LoadStep['state'] {
  const isImporting = latest === 'network' || latest === 'disk';
  if (isImporting && (stage === 'network' || stage === 'disk')) {
    return partOf(reports[stage] ?? null) === 1 ? 'done' : reports[stage] ? 'now' : 'next';
  }
  const [at, latestAt] = [LOAD_STAGES.indexOf(stage), LOAD_STAGES.indexOf(latest)];
  return at < latestAt ? 'done' : at === latestAt ? 'now' : 'next';
}
