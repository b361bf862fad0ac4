// Which threads of a browser did the work. Unlike the time on a clock, processor time hardly depends on what else the
// machine does. Linux only; null elsewhere.
import { browserProcesses, processType, threadTimes } from './processes.ts';

/** Milliseconds of processor time by "process: thread", since the threads began. */
export type ThreadTimes = ReadonlyMap<string, number>;

export function browserThreadTimes(profileFolder: string): ThreadTimes | null {
  if (process.platform !== 'linux') return null;
  const times = new Map<string, number>();
  for (const pid of browserProcesses(profileFolder)) {
    const type = processType(pid);
    for (const [name, ms] of threadTimes(pid)) {
      const key = `${type}: ${name.replace(/\d+/g, 'N')}`;
      times.set(key, (times.get(key) ?? 0) + ms);
    }
  }
  return times;
}

/** What each kind of thread worked between two readings. */
export function workBetween(start: ThreadTimes, end: ThreadTimes): ThreadTimes {
  return new Map([...end].map(([name, ms]) => [name, Math.max(0, ms - (start.get(name) ?? 0))]));
}

/** The threads that did at least a hundredth of the whole, the busiest first. */
export function largest(work: readonly (readonly [name: string, ms: number])[]): Record<string, number> {
  const whole = work.reduce((sum, [, ms]) => sum + ms, 0);
  return Object.fromEntries(work.filter(([, ms]) => ms > whole / 100).sort(([, a], [, b]) => b - a));
}
