import { AppError, isAppError } from '#base/errors.ts';

/** What the browser has for this site, as it says: in steps, and not always the truth. */
export type StorageRoom = { readonly usageBytes: number; readonly quotaBytes: number };

export async function storageRoom(): Promise<StorageRoom> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  return { usageBytes: usage, quotaBytes: quota };
}

/** The AppError for what a storage action ended in. AppErrors and aborts by the caller pass as they are. */
export async function storageError(error: unknown, action: string, neededBytes: number): Promise<unknown> {
  if (isAppError(error) || !(error instanceof DOMException)) return error;
  if (error.name === 'QuotaExceededError') return await storageFull(neededBytes, error);
  return new AppError('storage-failed', { action, reason: `${error.name}: ${error.message}` }, { cause: error });
}

/** The browser refused to store `neededBytes`. Where its estimate says that they fit, the refusal is the truth. */
async function storageFull(neededBytes: number, cause: unknown): Promise<AppError> {
  const { usageBytes, quotaBytes } = await storageRoom();
  const estimate = Math.max(0, quotaBytes - usageBytes);
  const freeBytes = estimate < neededBytes ? estimate : 0;
  return new AppError('storage-full', { neededBytes, freeBytes, quotaBytes }, { cause });
}

/** Chrome answers with exactly this much room, whatever the disk has, so as not to tell sites apart: a floor, not a limit. */
const CHROME_FLOOR_BYTES = 10 * 1024 ** 3;

/** Throws `storage-full` where the browser knows now that `neededBytes` will not fit. It may still turn out so later. */
export async function checkRoom(neededBytes: number): Promise<void> {
  const { usageBytes, quotaBytes } = await storageRoom();
  const freeBytes = Math.max(0, quotaBytes - usageBytes);
  if (quotaBytes === 0 || freeBytes >= neededBytes || freeBytes === CHROME_FLOOR_BYTES) return;
  throw new AppError('storage-full', { neededBytes, freeBytes, quotaBytes });
}

/** Waits for requests and their transaction. When the disk is full every request fails; the one that says so is thrown. */
export async function settled(done: Promise<unknown>, requests: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled([...requests, done]);
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (failures.length === 0) return;
  const isQuota = (error: unknown) => error instanceof DOMException && error.name === 'QuotaExceededError';
  throw failures.find(isQuota) ?? failures.at(-1);
}
