import { describe, expect, it } from 'vitest';
import type { LoadProgress } from '#engine/protocol/progress.ts';
import { ProgressMeter } from '#engine/worker/progress-meter.ts';

function metered() {
  const clock = { ms: 0 };
  const reports: LoadProgress[] = [];
  return {
    clock,
    reports,
    meter: new ProgressMeter(
      (report) => reports.push(report),
      () => clock.ms,
    ),
  };
}

describe('the progress meter', () => {
  it('knows no rate at first, then the one it measured', () => {
    const { clock, reports, meter } = metered();
    meter.update('network', 0, 1000);
    clock.ms = 500;
    meter.update('network', 100, 1000);
    expect(reports[0]).toEqual({
      stage: 'network',
      doneBytes: 0,
      totalBytes: 1000,
      bytesPerSecond: 0,
      secondsLeft: null,
    });
    expect(reports[1]).toEqual({
      stage: 'network',
      doneBytes: 100,
      totalBytes: 1000,
      bytesPerSecond: 200,
      secondsLeft: 4.5,
    });
  });

  it('forgets what is older than its window', () => {
    const { clock, reports, meter } = metered();
    for (let second = 0; second <= 20; second++) {
      clock.ms = second * 1000;
      meter.update('disk', second <= 10 ? second * 100 : 1000 + (second - 10) * 10, 10_000);
    }
    expect(reports.at(-1)?.bytesPerSecond).toBe(10);
  });

  it('reports at most every tenth of a second, and always the end', () => {
    const { clock, reports, meter } = metered();
    for (let step = 0; step <= 1000; step++) {
      clock.ms = step;
      meter.update('upload', step, 1000);
    }
    expect(reports.length).toBeLessThanOrEqual(12);
    expect(reports.at(-1)).toMatchObject({ doneBytes: 1000, secondsLeft: 0 });
  });

  it('keeps stages apart and passes those without bytes', () => {
    const { clock, reports, meter } = metered();
    meter.update('network', 0, 10);
    clock.ms = 10;
    meter.update('disk', 0, 10);
    meter.update('compile');
    expect(reports.map(({ stage }) => stage)).toEqual(['network', 'disk', 'compile']);
    expect(reports[2]).toEqual({ stage: 'compile', doneBytes: 0, totalBytes: 0, bytesPerSecond: 0, secondsLeft: 0 });
  });

  it('has no time left to give while nothing moves', () => {
    const { clock, reports, meter } = metered();
    meter.update('network', 50, 100);
    clock.ms = 60_000;
    meter.update('network', 50, 100);
    expect(reports.at(-1)).toMatchObject({ bytesPerSecond: 0, secondsLeft: null });
  });
});
