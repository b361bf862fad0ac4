// Which threads of a browser did the work: processor time by process type and thread name, read from /proc. Unlike the
// time on a clock it hardly depends on what else the machine does. Linux only; null elsewhere.
import { readdirSync, readFileSync } from 'node:fs';
import { browserProcesses } from './process-memory.ts';

/** Milliseconds of processor time by "process: thread", since the processes began. */
export type ThreadTimes = ReadonlyMap<string, number>;

/** The kernel counts in ticks of a hundredth of a second. */
const TICK_MS = 10;

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // it ended meanwhile
  }
}

/** `utility`, `gpu-process`, `renderer`; the main process has no type. */
function processType(pid: number): string {
  return readOrNull(`/proc/${pid}/cmdline`)?.match(/--type=([\w-]+)/)?.[1] ?? 'browser';
}

export function browserThreadTimes(profileFolder: string): ThreadTimes | null {
  if (process.platform !== 'linux') return null;
  const times = new Map<string, number>();
  for (const pid of browserProcesses(profileFolder)) {
    const type = processType(pid);
    let tasks: string[];
    try {
      tasks = readdirSync(`/proc/${pid}/task`);
    } catch {
      continue; // it ended meanwhile
    }
    for (const task of tasks) {
      const stat = readOrNull(`/proc/${pid}/task/${task}/stat`);
      if (stat === null) continue;
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')).replace(/\d+/g, 'N');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // begins with field 3, the state
      const key = `${type}: ${name}`;
      times.set(key, (times.get(key) ?? 0) + (Number(fields[11]) + Number(fields[12])) * TICK_MS);
    }
  }
  return times;
}
