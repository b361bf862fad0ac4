// One importer a model, over all tabs of the site. A lock ends with the worker that holds it, however that ends.
import { AppError } from '#base/errors.ts';
import type { WeightStore } from '#weights/store/weight-store.ts';

const lockName = (key: string): string => `daylight-import-${key}`;

/** Runs `work` when no other thread imports this model; `onWait` is told when one does. */
export async function withImportLock<T>(
  key: string,
  signal: AbortSignal,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = navigator;
  const isTaken = (await locks.query()).held?.some(({ name }) => name === lockName(key)) ?? false;
  if (isTaken) onWait();
  return locks.request(lockName(key), { signal }, work);
}

/** Runs `work` while the model can be neither deleted nor imported; several may at once. */
export async function withModelInUse<T>(
  key: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  return navigator.locks.request(lockName(key), { mode: 'shared', ...(signal ? { signal } : {}) }, work);
}

/** Deletes a model; throws `model-busy` while it is being imported or exported. */
export async function deleteModel(store: WeightStore, key: string): Promise<void> {
  await navigator.locks.request(lockName(key), { ifAvailable: true }, async (lock) => {
    if (!lock) throw new AppError('model-busy', { key, holder: 'an import or an export' });
    await store.delete(key);
    await store.deleteStrays();
  });
}
