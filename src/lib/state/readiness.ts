// Whether a model of the catalog will work here, said before its first byte is downloaded. A model that would take the tab or
// the device down is never a "yes": better a refusal with a way out than a crash after an hour.
import { memoryBytes } from '#catalog/catalog.ts';
import type { CatalogModel } from '#catalog/catalog.ts';
import type { GpuAssessment, GpuNeed } from '#engine/protocol/info.ts';
import type { Connection, StorageRoom } from './surroundings.ts';

/** What is known of this device, browser and network. Null is what nobody has asked yet, or what the browser does not tell. */
export type Facts = {
  /** False where the browser gives this page no graphics card at all. */
  readonly hasGpu: boolean;
  /** Where there is none, a small model can be computed on the processor. */
  readonly hasProcessor: boolean;
  readonly isSoftware: boolean;
  readonly isHandheld: boolean;
  /** Rounded by the browser, and by older ones cut at 8. */
  readonly memoryGiB: number | null;
  readonly storage: StorageRoom | null;
  readonly connection: Connection | null;
  readonly bytesPerSecond: number | null;
  /** The trial allocation made last. */
  readonly trial: GpuAssessment | null;
};

export type Obstacle =
  'no-gpu' | 'handheld' | 'software' | 'memory' | 'private-window' | 'storage' | 'gpu-buffer' | 'gpu-memory';
export type Remedy =
  'turn-on-gpu' | 'other-device' | 'other-browser' | 'leave-private' | 'free-space' | 'close-programs';

export type Verdict =
  /** `isTried`: the memory was really had, for a moment. */
  | { readonly kind: 'yes'; readonly isTried: boolean }
  | { readonly kind: 'yes-with-context'; readonly contextLength: number }
  /** Without a graphics card, and slowly. */
  | { readonly kind: 'yes-on-processor' }
  /** Nothing speaks against it; only the trial is missing. */
  | { readonly kind: 'unchecked' }
  | {
      readonly kind: 'no';
      readonly because: Obstacle;
      readonly doThis: Remedy;
      /** What is missing, where it is a number of bytes. */
      readonly neededBytes: number;
      readonly availableBytes: number;
      /** Another model of the catalog that does work here; null when none does. */
      readonly instead: string | null;
    };

/** What to know although it would work. */
export type Caution = 'metered' | 'slow' | 'storage-unknown';

export type Readiness = {
  readonly verdict: Verdict;
  /** Still to download. */
  readonly missingBytes: number;
  /** Null while the rate is unknown. */
  readonly seconds: number | null;
  /** What the browser will still have for this site; null where it does not say. */
  readonly freeAfterBytes: number | null;
  readonly cautions: readonly Caution[];
  /** So little is missing that it is loaded at once, and nobody has to think about it. */
  readonly isQuick: boolean;
};

/** Below this a model runs wherever WebGPU does, so that no trial is needed; above it phones end tabs without a word. */
export const LIGHT_BYTES = 1e9;
/** Activations, logits and staging beside weights and KV cache. Reckoned generously from the shapes, not measured. */
const WORKING_BYTES = 256 << 20;
/** The included model stays below it. */
const QUICK_BYTES = 150e6;
/** The store keeps a little more than the file has: checksums, tokenizer, the database's own pages. */
const STORE_OVERHEAD = 1.01;
/** Browsers allow private windows little: a fraction of the memory. A normal window has most of the disk. */
const PRIVATE_QUOTA_BYTES = 3e9;
/** Chrome may answer with exactly this much room, whatever the disk has. */
const CHROME_FLOOR_BYTES = 10 * 1024 ** 3;
/** What the engine falls back to, in this order, where the model's own context does not fit. */
const CONTEXT_STEPS = [4096, 2048, 1024, 512];
const SLOW_SECONDS = 2 * 3600;

/** What the model asks of the GPU with this many positions. */
export function gpuNeed(entry: CatalogModel, contextLength: number = entry.contextLength): GpuNeed {
  const bytes = memoryBytes(entry, contextLength) + WORKING_BYTES;
  return { bytes, largestBufferBytes: entry.memory.largestBufferBytes };
}

/** Whether a trial allocation may be made and would tell something. Never where it could take the device down. */
export function mayTry(entry: CatalogModel, storedBytes: number, facts: Facts): boolean {
  return !isLight(entry) && obstacle(entry, facts, storedBytes) === null;
}

/** The whole report for one model. `storedBytes` of it are already here; `models` are looked through for another that works. */
export function readiness(
  entry: CatalogModel,
  storedBytes: number,
  facts: Facts,
  models: readonly CatalogModel[],
): Readiness {
  const missingBytes = Math.max(0, entry.sizeBytes - storedBytes);
  const free = freeBytes(facts.storage);
  const seconds = facts.bytesPerSecond === null ? null : missingBytes / facts.bytesPerSecond;
  const cautions: Caution[] = [];
  if (missingBytes > 0 && isMetered(facts.connection)) cautions.push('metered');
  if (seconds !== null && seconds > SLOW_SECONDS) cautions.push('slow');
  if (missingBytes * STORE_OVERHEAD > free && free === CHROME_FLOOR_BYTES) cautions.push('storage-unknown');
  const verdict = verdictFor(entry, storedBytes, facts, models);
  return {
    verdict,
    isQuick: verdict.kind !== 'no' && missingBytes < QUICK_BYTES && isLight(entry),
    missingBytes,
    seconds,
    freeAfterBytes: Number.isFinite(free) ? Math.max(0, free - missingBytes * STORE_OVERHEAD) : null,
    cautions,
  };
}

function verdictFor(entry: CatalogModel, storedBytes: number, facts: Facts, models: readonly CatalogModel[]): Verdict {
  const found = judge(entry, storedBytes, facts);
  if (found.kind !== 'no') return found;
  const smaller = models
    .filter((one) => one.id !== entry.id && one.sizeBytes < entry.sizeBytes)
    .sort((a, b) => Number(b.family === entry.family) - Number(a.family === entry.family) || b.sizeBytes - a.sizeBytes);
  // A variant that might work is worth a try before a far smaller model; "unchecked" here was tried with a larger one.
  const instead = smaller.find((one) => judge(one, 0, facts).kind !== 'no');
  return { ...found, instead: instead?.id ?? null };
}

function judge(entry: CatalogModel, storedBytes: number, facts: Facts): Verdict {
  const stop = obstacle(entry, facts, storedBytes);
  if (stop !== null) return stop;
  if (isLight(entry)) return facts.hasGpu ? { kind: 'yes', isTried: false } : { kind: 'yes-on-processor' };
  const { trial } = facts;
  if (trial === null) return { kind: 'unchecked' };
  if (trial.reason !== null) return no('no-gpu', 'turn-on-gpu');
  if (trial.maxBufferBytes < entry.memory.largestBufferBytes) {
    return no('gpu-buffer', 'other-browser', entry.memory.largestBufferBytes, trial.maxBufferBytes);
  }
  const { allocatedBytes } = trial;
  if (allocatedBytes >= gpuNeed(entry).bytes) return { kind: 'yes', isTried: true };
  if (allocatedBytes >= trial.triedBytes) return { kind: 'unchecked' }; // all that was tried, and that was less
  const contextLength = CONTEXT_STEPS.find(
    (length) => length < entry.contextLength && allocatedBytes >= gpuNeed(entry, length).bytes,
  );
  if (contextLength !== undefined) return { kind: 'yes-with-context', contextLength };
  return no('gpu-memory', 'close-programs', gpuNeed(entry, CONTEXT_STEPS.at(-1)).bytes, allocatedBytes);
}

/** What speaks against a model without any trial; null when nothing does. */
function obstacle(entry: CatalogModel, facts: Facts, storedBytes: number): Extract<Verdict, { kind: 'no' }> | null {
  if (!facts.hasGpu && !(facts.hasProcessor && isLight(entry))) return no('no-gpu', 'turn-on-gpu');
  const { bytes } = gpuNeed(entry);
  if (!isLight(entry)) {
    if (facts.isHandheld) return no('handheld', 'other-device', bytes);
    if (facts.isSoftware) return no('software', 'turn-on-gpu', bytes);
    const memory = (facts.memoryGiB ?? Infinity) * 1024 ** 3;
    // 8 may stand for any amount above it.
    if (facts.memoryGiB !== null && facts.memoryGiB < 8 && bytes > memory) {
      return no('memory', 'other-device', bytes, memory);
    }
  }
  const needed = Math.max(0, entry.sizeBytes - storedBytes) * STORE_OVERHEAD;
  const free = freeBytes(facts.storage);
  if (needed <= free || free === CHROME_FLOOR_BYTES) return null;
  const isPrivate = (facts.storage?.quotaBytes ?? Infinity) < PRIVATE_QUOTA_BYTES;
  return no(isPrivate ? 'private-window' : 'storage', isPrivate ? 'leave-private' : 'free-space', needed, free);
}

function no(because: Obstacle, doThis: Remedy, neededBytes = 0, availableBytes = 0): Extract<Verdict, { kind: 'no' }> {
  return { kind: 'no', because, doThis, neededBytes, availableBytes, instead: null };
}

const isLight = (entry: CatalogModel): boolean => gpuNeed(entry).bytes < LIGHT_BYTES;

/** Infinite where the browser does not say. */
function freeBytes(storage: StorageRoom | null): number {
  if (storage === null || storage.quotaBytes === 0) return Infinity;
  return Math.max(0, storage.quotaBytes - storage.usageBytes);
}

export const isMetered = (connection: Connection | null): boolean =>
  connection !== null && (connection.savesData || connection.type === 'cellular');

/** Bytes on the graphics card for a short, a middling and the whole context, as far as the model has them. */
export function memoryByContext(entry: CatalogModel): { contextLength: number; bytes: number }[] {
  const lengths = [1024, 2048, 4096, entry.contextLength].filter((length) => length <= entry.contextLength);
  const last = [...new Set(lengths)].slice(-3);
  return last.map((contextLength) => ({ contextLength, bytes: gpuNeed(entry, contextLength).bytes }));
}
