// Peaks of a browser's memory by kind of process, sampled slowly: reading gigabytes of page tables takes time of its own.
import { browserProcesses, processType, readProc } from '#bench/processes.ts';

export type MemoryPeaks = {
  /** Proportional set sizes in bytes: the whole browser, all its pages with their workers, and its GPU process. */
  readonly total: number;
  readonly pages: number;
  readonly gpu: number;
  /** The largest single renderer: one page with all its workers is one process. */
  readonly largestPage: number;
};

const EVERY_MS = 1500;
const NOTHING: MemoryPeaks = { total: 0, pages: 0, gpu: 0, largestPage: 0 };

/** Proportional set size of a process in bytes: its own pages, and its share of those that others map as well. */
export function proportionalBytes(pid: number): number {
  const kib = readProc(`/proc/${pid}/smaps_rollup`)?.match(/^Pss:\s+(\d+) kB/m)?.[1];
  return Number(kib ?? 0) * 1024;
}

/** Watches from now until `take`, which gives the peaks since the last one and goes on. */
export function watchMemory(profileFolder: string, everyMs = EVERY_MS): { take(): MemoryPeaks; stop(): void } {
  let peaks = NOTHING;
  const sample = () => {
    const now = { ...NOTHING };
    for (const pid of browserProcesses(profileFolder)) {
      const bytes = proportionalBytes(pid);
      const type = processType(pid);
      now.total += bytes;
      if (type === 'gpu-process') now.gpu += bytes;
      if (type !== 'renderer') continue;
      now.pages += bytes;
      now.largestPage = Math.max(now.largestPage, bytes);
    }
    peaks = {
      total: Math.max(peaks.total, now.total),
      pages: Math.max(peaks.pages, now.pages),
      gpu: Math.max(peaks.gpu, now.gpu),
      largestPage: Math.max(peaks.largestPage, now.largestPage),
    };
  };
  const timer = setInterval(sample, everyMs);
  return {
    take() {
      sample();
      const taken = peaks;
      peaks = NOTHING;
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}
