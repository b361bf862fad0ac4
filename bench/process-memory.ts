// Memory of a whole browser: its processes' proportional set sizes, read from /proc. Shared pages are counted once among
// all that share them, so the sum is what the browser really takes. Linux only; null elsewhere.
import { browserProcesses, readProc } from './processes.ts';

/** Bytes the browser takes now; null where the system does not say. */
export function browserMemoryBytes(profileFolder: string): number | null {
  if (process.platform !== 'linux') return null;
  let kib = 0;
  for (const pid of browserProcesses(profileFolder)) {
    const pss = readProc(`/proc/${pid}/smaps_rollup`)?.match(/^Pss:\s+(\d+) kB/m)?.[1];
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
