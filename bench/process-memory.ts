// Memory of a whole browser: its processes' proportional set sizes, read from /proc. Shared pages are counted once among
// all that share them, so the sum is what the browser really takes. Linux only; null elsewhere.
import { readdirSync, readFileSync } from 'node:fs';

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // the process ended meanwhile, or belongs to someone else
  }
}

/** Process ids of the browser that was started with this profile folder, its children included. */
export function browserProcesses(profileFolder: string): number[] {
  const parents = new Map<number, number>();
  const found = new Set<number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readOrNull(`/proc/${pid}/stat`);
    if (stat === null) continue;
    // pid (name) state parent …; the name may hold spaces and parentheses.
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    if (readOrNull(`/proc/${pid}/cmdline`)?.includes(`--user-data-dir=${profileFolder}`)) found.add(pid);
  }
  for (let grown = true; grown;) {
    grown = false;
    for (const [pid, parent] of parents) {
      if (found.has(parent) && !found.has(pid)) grown = Boolean(found.add(pid));
    }
  }
  return [...found];
}

/** Bytes the browser takes now; null where the system does not say. */
export function browserMemoryBytes(profileFolder: string): number | null {
  if (process.platform !== 'linux') return null;
  let kib = 0;
  for (const pid of browserProcesses(profileFolder)) {
    const pss = readOrNull(`/proc/${pid}/smaps_rollup`)?.match(/^Pss:\s+(\d+) kB/m)?.[1];
    if (pss) kib += Number(pss);
  }
  return kib > 0 ? kib * 1024 : null;
}

/** Samples the browser's memory until stopped; `stop` gives the largest sample. Not to be left running while time is measured. */
export function watchPeakMemory(profileFolder: string, everyMs = 250): { stop(): number | null } {
  let peak = browserMemoryBytes(profileFolder);
  const sample = () => {
    const now = browserMemoryBytes(profileFolder);
    if (now !== null && (peak === null || now > peak)) peak = now;
  };
  const timer = setInterval(sample, everyMs);
  return {
    stop() {
      clearInterval(timer);
      sample();
      return peak;
    },
  };
}
