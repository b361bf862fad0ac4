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
