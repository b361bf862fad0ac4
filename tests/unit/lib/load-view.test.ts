import { expect, test } from 'vitest';
import type { LoadProgress, LoadStage } from '#engine/protocol/progress.ts';
import { loadView } from '#lib/state/load-view.ts';
import type { LoadReports } from '#lib/state/load-view.ts';

const report = (stage: LoadStage, doneBytes: number, totalBytes: number): LoadProgress => ({
  stage,
  doneBytes,
  totalBytes,
  bytesPerSecond: 0,
  secondsLeft: null,
});
const states = (reports: LoadReports, latest: LoadStage) =>
  Object.fromEntries(loadView(reports, latest).steps.map(({ stage, state }) => [stage, state]));

test('before the first report there is nothing to show', () => {
  expect(loadView({}, null)).toEqual({ current: null, fraction: 0, steps: [] });
});

test('while a model is fetched and stored at once, the fetch is told until it ends, however reports alternate', () => {
  const reports = { network: report('network', 50, 100), disk: report('disk', 30, 100) };
  expect(loadView(reports, 'disk').current?.stage).toBe('network');
  expect(states(reports, 'disk')).toMatchObject({ network: 'now', disk: 'now', upload: 'next' });
  const fetched = { ...reports, network: report('network', 100, 100) };
  expect(loadView(fetched, 'disk').current?.stage).toBe('disk');
  expect(states(fetched, 'disk')).toMatchObject({ network: 'done', disk: 'now' });
});

test('a stored model shows only the stages it passes', () => {
  const { steps } = loadView({ upload: report('upload', 1, 2) }, 'upload');
  expect(steps.map(({ stage }) => stage)).toEqual(['upload', 'compile', 'check', 'first-token']);
});

test('the sun never sinks on the way through a whole import', () => {
  let reports: LoadReports = {};
  let last = 0;
  for (const stage of ['disk', 'upload', 'compile', 'check', 'first-token'] as const) {
    for (const done of [0, 50, 100]) {
      reports = { ...reports, [stage]: report(stage, done, 100) };
      const { fraction } = loadView(reports, stage);
      expect(fraction).toBeGreaterThanOrEqual(last);
      last = fraction;
    }
  }
  expect(last).toBe(1);
});
