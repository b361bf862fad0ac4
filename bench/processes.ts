// The processes of a browser and the processor time of their threads, read from /proc. Linux only.
import { readdirSync, readFileSync } from 'node:fs';

/** The text of a /proc file; null where the process ended meanwhile or belongs to someone else. */
export function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function namesIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return []; // it ended meanwhile
  }
}

/** Ids of the processes that `isRoot` accepts and of everything they started. */
export function processTree(isRoot: (pid: number) => boolean): number[] {
  const parents = new Map<number, number>();
  const found = new Set<number>();
  for (const pid of namesIn('/proc')) {
    const stat = readProc(`/proc/${pid}/stat`);
    if (stat === null) continue;
    // pid (name) state parent …; the name may hold spaces and parentheses.
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    if (isRoot(pid)) found.add(pid);
  }
  for (let grown = true; grown;) {
    grown = false;
    for (const [pid, parent] of parents) {
      if (found.has(parent) && !found.has(pid)) grown = Boolean(found.add(pid));
    }
  }
  return [...found];
}

/** The browser that was started with this profile folder. */
export function browserProcesses(profileFolder: string): number[] {
  return processTree((pid) => readProc(`/proc/${pid}/cmdline`)?.includes(`--user-data-dir=${profileFolder}`) ?? false);
}

/** `gpu-process`, `renderer`, `utility`; a browser's main process has no type. */
export function processType(pid: number): string {
  return readProc(`/proc/${pid}/cmdline`)?.match(/--type=([\w-]+)/)?.[1] ?? 'browser';
}

/** Milliseconds of processor time of each living thread, by its name. */
export function threadTimes(pid: number): [name: string, ms: number][] {
  return namesIn(`/proc/${pid}/task`).flatMap((task) => {
    const name = readProc(`/proc/${pid}/task/${task}/comm`)?.trim();
    const nanoseconds = readProc(`/proc/${pid}/task/${task}/schedstat`)?.split(' ')[0];
    return name && nanoseconds ? [[name, Number(nanoseconds) / 1e6] as [string, number]] : [];
  });
}

/** Milliseconds of processor time of a browser's processes by their type, ended threads included. Linux only; empty elsewhere. */
export function processTimes(profileFolder: string): Map<string, number> {
  const times = new Map<string, number>();
  for (const pid of browserProcesses(profileFolder)) {
    const stat = readProc(`/proc/${pid}/stat`);
    if (stat === null) continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]); // user and system, in hundredths of a second
    const type = processType(pid);
    times.set(type, (times.get(type) ?? 0) + ticks * 10);
  }
  return times;
}
