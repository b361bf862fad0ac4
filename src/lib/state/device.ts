// Whether this browser can run a model at all, asked before anything is downloaded.
import { isSoftwareAdapter } from '#base/software-adapter.ts';

export type System = 'ios' | 'android' | 'mac' | 'windows' | 'linux' | 'other';
export type Browser = 'chromium' | 'firefox' | 'safari' | 'other';
export type DeviceProblem = 'insecure' | 'missing' | 'adapter';

/** `problem` is null where a model can run. */
export type Device = {
  problem: DeviceProblem | null;
  system: System;
  browser: Browser;
  /** The browser computes on the processor in place of a graphics card. */
  isSoftware: boolean;
  /** Without a graphics card a small model can be computed on the processor here. */
  hasProcessor: boolean;
};

type Surroundings = {
  isSecureContext: boolean;
  userAgent: string;
  /** iPads call themselves Macs; only the number of fingers tells. */
  maxTouchPoints: number;
  gpu: Pick<GPU, 'requestAdapter'> | undefined;
  /** Whether llama.cpp's WebAssembly can run. */
  hasMemory64: boolean;
};

/** Asks for an adapter, which costs milliseconds and loads nothing. */
export async function checkDevice(surroundings: Surroundings): Promise<Device> {
  const { isSecureContext, userAgent, maxTouchPoints, gpu, hasMemory64 } = surroundings;
  const found = (problem: DeviceProblem | null, isSoftware = false): Device => ({
    problem,
    system: systemOf(userAgent, maxTouchPoints),
    browser: browserOf(userAgent),
    isSoftware,
    hasProcessor: isSecureContext && hasMemory64,
  });
  if (!isSecureContext) return found('insecure');
  if (gpu === undefined) return found('missing');
  // A browser that forbids the question answers it too.
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  return adapter === null ? found('adapter') : found(null, isSoftwareAdapter(adapter.info));
}

function systemOf(userAgent: string, maxTouchPoints: number): System {
  if (/iPhone|iPad|iPod/.test(userAgent)) return 'ios';
  if (/Macintosh/.test(userAgent)) return maxTouchPoints > 1 ? 'ios' : 'mac';
  if (/Android/.test(userAgent)) return 'android';
  if (/Windows/.test(userAgent)) return 'windows';
  return /Linux|CrOS/.test(userAgent) ? 'linux' : 'other';
}

function browserOf(userAgent: string): Browser {
  if (/Firefox\/|FxiOS\//.test(userAgent)) return 'firefox';
  if (/Chrome\/|CriOS\/|Chromium\//.test(userAgent)) return 'chromium';
  return /Safari\//.test(userAgent) ? 'safari' : 'other';
}
