import { en } from './en.ts';

type Problem = 'insecure' | 'missing' | 'adapter';
type Device = {
  problem: Problem;
  system: 'ios' | 'android' | 'mac' | 'windows' | 'linux' | 'other';
  browser: 'chromium' | 'firefox' | 'safari' | 'other';
};

/** Why no model can run here, and the one thing to do in this browser on this system. */
export function deviceWords({ problem, system, browser }: Device): { why: string; advice: string } {
  return { why: en.device.reasons[problem], advice: adviceFor(problem, system, browser) };
}

/** The same where there is a problem; null where there is none, or nobody has looked yet. */
export function noGpuWords(
  device: (Omit<Device, 'problem'> & { problem: Problem | null }) | null,
): { why: string; advice: string } | null {
  if (device === null || device.problem === null) return null;
  return deviceWords({ ...device, problem: device.problem });
}

function adviceFor(problem: Problem, system: Device['system'], browser: Device['browser']): string {
  const words = en.device;
  if (problem === 'insecure') return words.secure;
  if (system === 'ios') return words.ios; // every browser there is Safari inside
  if (browser === 'firefox') return words.firefox;
  if (browser === 'safari') return words.safari;
  if (browser !== 'chromium') return words.update;
  if (system === 'linux') return words.linux;
  if (system === 'android') return words.android;
  return problem === 'adapter' ? words.chrome : words.update;
}
