import { AppError } from '#base/errors.ts';
import { decodeError } from '#engine/protocol/wire-error.ts';
import type { ImportProgress, ImportReply, ImportRequest, ImportResult } from './messages.ts';

export type ImportClientOptions = {
  /** Starts an import worker; it is ended when the import has ended. */
  readonly createWorker: () => Worker;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: ImportProgress) => void;
};

/**
 * Imports a model in a worker of its own. Throws an AppError, or the signal's reason; either way what is stored is kept, and the
 * same request goes on from there.
 */
export function importInWorker(
  request: ImportRequest,
  { createWorker, signal, onProgress }: ImportClientOptions,
): Promise<ImportResult> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const worker = createWorker();
    const end = (settle: () => void) => {
      // Chunks are stored in transactions and locks end with their holder, so no moment is a wrong one.
      worker.terminate();
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = () => end(() => reject(signal!.reason as Error));
    signal?.addEventListener('abort', onAbort, { once: true });
    const died = (reason: string) => end(() => reject(new AppError('import-died', { reason })));
    worker.addEventListener('error', (event) => died(event.message || 'its script could not be loaded'));
    worker.addEventListener('messageerror', () => died('a message could not be read'));
    worker.addEventListener('message', ({ data }: MessageEvent<ImportReply>) => {
      if (data.type === 'progress') onProgress?.(data.progress);
      else if (data.type === 'done') end(() => resolve(data.result));
      else end(() => reject(decodeError(data.error)));
    });
    worker.postMessage(request);
  });
}
