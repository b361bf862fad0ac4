import { m } from './paraglide/messages.js';

type Problem = 'insecure' | 'missing' | 'adapter';
type Device = {
  problem: Problem;
  system: 'ios' | 'android' | 'mac' | 'windows' | 'linux' | 'other';
  browser: 'chromium' | 'firefox' | 'safari' | 'other';
};

/** Why no model can run here, and the one thing to do in this browser on this system. */
export function deviceWords({ problem, system, browser }: Device): { why: string; advice: string } {
  return { why: m[`device.reasons.${problem}` as const](), advice: adviceFor(problem, system, browser) };
}

/** The same where there is a problem; null where there is none, or nobody has looked yet. */
export function noGpuWords(
  device: (Omit<Device, 'problem'> & { problem: Problem | null }) | null,
): { why: string; advice: string } | null {
  if (device === null || device.problem === null) return null;
  return deviceWords({ ...device, problem: device.problem });
}

function adviceFor(problem: Problem, system: Device['system'], browser: Device['browser']): string {
  if (problem === 'insecure') return m['device.secure']();
  if (system === 'ios') return m['device.ios'](); // every browser there is Safari inside
  if (browser === 'firefox') return m['device.firefox']();
  if (browser === 'safari') return m['device.safari']();
  if (browser !== 'chromium') return m['device.update']();
  if (system === 'linux') return m['device.linux']();
  if (system === 'android') return m['device.android']();
  return problem === 'adapter' ? m['device.chrome']() : m['device.update']();
}
