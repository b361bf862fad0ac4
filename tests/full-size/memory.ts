// Peaks of a browser's memory by kind of process, sampled slowly: reading gigabytes of page tables takes time of its own.
import { browserProcesses, processType, readProc } from '#bench/processes.ts';

export type MemoryPeaks = {
  /** Proportional set sizes in bytes: the whole browser, its pages with their workers, and its GPU process. */
  readonly total: number;
  readonly pages: number;
  readonly gpu: number;
};

const EVERY_MS = 1500;

/** Watches from now until `take`, which gives the peaks since the last one and goes on. */
export function watchMemory(profileFolder: string): { take(): MemoryPeaks; stop(): void } {
  let peaks = { total: 0, pages: 0, gpu: 0 };
  const sample = () => {
    const now = { total: 0, pages: 0, gpu: 0 };
    for (const pid of browserProcesses(profileFolder)) {
      const kib = readProc(`/proc/${pid}/smaps_rollup`)?.match(/^Pss:\s+(\d+) kB/m)?.[1];
      const bytes = Number(kib ?? 0) * 1024;
      const type = processType(pid);
      now.total += bytes;
      if (type === 'renderer') now.pages += bytes;
      if (type === 'gpu-process') now.gpu += bytes;
    }
    peaks = {
      total: Math.max(peaks.total, now.total),
      pages: Math.max(peaks.pages, now.pages),
      gpu: Math.max(peaks.gpu, now.gpu),
    };
  };
  const timer = setInterval(sample, EVERY_MS);
  return {
    take() {
      sample();
      const taken = peaks;
      peaks = { total: 0, pages: 0, gpu: 0 };
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}
