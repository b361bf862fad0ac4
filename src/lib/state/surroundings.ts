// What a browser tells of the device, the network and the disk without being asked to allocate or download anything.
import type { System } from './device.ts';

export type StorageRoom = { readonly quotaBytes: number; readonly usageBytes: number; readonly isPersisted: boolean };

export type Connection = {
  /** The person asked sites to be sparing. */
  readonly savesData: boolean;
  /** As the browser names it; null where it does not. */
  readonly type: string | null;
  /** A guess of the browser's, and never above 10 Mbit/s. */
  readonly downlinkMbps: number | null;
};

/** Properties that TypeScript does not list, because only some browsers have them. */
export type NavigatorWords = {
  readonly maxTouchPoints: number;
  readonly deviceMemory?: number;
  readonly userAgentData?: { readonly mobile: boolean };
  readonly connection?: { readonly saveData?: boolean; readonly type?: string; readonly downlink?: number };
  readonly storage?: Pick<StorageManager, 'estimate' | 'persisted'>;
};

/** Whether this is a phone or a tablet, whose system ends a tab that takes gigabytes. */
export function isHandheld(
  { userAgentData, maxTouchPoints }: NavigatorWords,
  system: System,
  hasCoarsePointer: boolean,
): boolean {
  if (system === 'ios' || system === 'android') return true;
  if (userAgentData?.mobile === true) return true;
  // Laptops with touch screens have a fine pointer too. Android tablets that ask for desktop pages say "Linux".
  return system === 'linux' && hasCoarsePointer && maxTouchPoints > 0;
}

export function readConnection({ connection }: NavigatorWords): Connection | null {
  if (connection === undefined) return null;
  const { saveData = false, type = null, downlink = null } = connection;
  return { savesData: saveData, type, downlinkMbps: downlink };
}

/** What the browser has for this site; null where it does not say. */
export async function readStorage({ storage }: NavigatorWords): Promise<StorageRoom | null> {
  try {
    if (storage === undefined) return null;
    const { quota = 0, usage = 0 } = await storage.estimate();
    return { quotaBytes: quota, usageBytes: usage, isPersisted: await storage.persisted() };
  } catch {
    return null; // refused, as in some private windows
  }
}

/** Mebibytes tried at most, and how long: enough to see a rate, little enough not to matter. */
const SAMPLE_BYTES = 4 << 20;
const SAMPLE_MS = 2000;
/** The beginning tells of delays and not of the line: connections speed up slowly. */
const WARM_UP_SHARE = 0.5;

/** Bytes a second from this address, measured on its first bytes; null when it does not answer. */
export async function measureThroughput(
  url: string,
  fetchBytes: typeof fetch,
  now: () => number,
): Promise<number | null> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), SAMPLE_MS * 4); // also a server that never answers ends it
  const marks: { atMs: number; bytes: number }[] = [];
  try {
    const response = await fetchBytes(url, {
      headers: { range: `bytes=0-${SAMPLE_BYTES - 1}` },
      signal: abort.signal,
      cache: 'no-store', // what the browser has cached says nothing of the line
    });
    if (!response.ok || response.body === null) return null;
    const startMs = now();
    marks.push({ atMs: startMs, bytes: 0 });
    const reader = response.body.getReader();
    for (let bytes = 0; bytes < SAMPLE_BYTES && now() - startMs < SAMPLE_MS;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      marks.push({ atMs: now(), bytes });
    }
  } catch {
    // What was read until then may be enough.
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
  return rateOf(marks);
}

/** Of the later part of the marks. */
export function rateOf(marks: readonly { atMs: number; bytes: number }[]): number | null {
  const last = marks.at(-1);
  if (last === undefined || last.bytes === 0) return null;
  const from = marks.findLast(({ bytes }) => bytes <= last.bytes * WARM_UP_SHARE) ?? marks[0]!;
  const elapsedMs = last.atMs - from.atMs;
  return ((last.bytes - from.bytes) / Math.max(1, elapsedMs)) * 1000;
}
