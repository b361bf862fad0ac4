import { AppError } from '#base/errors.ts';
import { trustedScriptUrl } from '#base/trusted-script-url.ts';
import { decodeError } from '#engine/protocol/wire-error.ts';
import type { ReadProgress, SourceDocument } from './document.ts';
import workerUrl from './document.worker.ts?worker&url';
import type { ReadReply, ReadRequest } from './messages.ts';

export type ReadOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** Starts the worker; it is ended when the reading has ended. */
  readonly createWorker?: () => Worker;
  /** For one page of a PDF. */
  readonly patienceMs?: number;
};

/** A page takes some milliseconds; one that unpacks to gigabytes blocks its worker until memory runs out. */
const PATIENCE_MS = 45_000;
/** The time is counted in ticks, because a computer that wakes from sleep makes up for one timer and no more. */
const TICKS = 3;

/**
 * Reads the text of a file in a worker of its own, which is fetched when the first file comes. Nothing of the file leaves the
 * device. Throws an AppError with a `document-…` code, or the signal's reason.
 */
export function readDocument(
  file: File,
  { signal, onProgress, createWorker = createDocumentWorker, patienceMs = PATIENCE_MS }: ReadOptions = {},
): Promise<SourceDocument> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const worker = createWorker();
    const end = (settle: () => void) => {
      // Ending the worker stops it in the middle of a page, and gives back all it held.
      worker.terminate();
      clearInterval(watch);
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = () => end(() => reject(signal!.reason as Error));
    signal?.addEventListener('abort', onAbort, { once: true });
    const died = (reason: string) =>
      end(() => reject(new AppError('document-reader-died', { name: file.name, reason })));
    let watch: ReturnType<typeof setInterval> | undefined;
    let ticks = 0;
    let page = 1;
    const onPage = (progress: ReadProgress) => {
      ticks = 0;
      page = progress.done + 1;
      watch ??= setInterval(() => {
        if (++ticks < TICKS) return;
        const details = { name: file.name, page, seconds: patienceMs / 1000 };
        end(() => reject(new AppError('document-stuck', details)));
      }, patienceMs / TICKS);
      onProgress?.(progress);
    };
    worker.addEventListener('error', (event) => died(event.message || 'its script could not be loaded'));
    worker.addEventListener('messageerror', () => died('a message could not be read'));
    worker.addEventListener('message', ({ data }: MessageEvent<ReadReply>) => {
      if (data.type === 'progress') onPage(data.progress);
      else if (data.type === 'done') end(() => resolve(data.document));
      else end(() => reject(decodeError(data.error)));
    });
    worker.postMessage({ file } satisfies ReadRequest);
  });
}

function createDocumentWorker(): Worker {
  return new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'daylight-documents' });
}
