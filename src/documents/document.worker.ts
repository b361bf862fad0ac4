// The document worker: reads the one file it is sent and says how that ended. Ending the worker cancels it at any time.
import { encodeError } from '#engine/protocol/wire-error.ts';
import type { ReadProgress } from './document.ts';
import type { ReadReply, ReadRequest } from './messages.ts';
import { parseFile } from './parse-file.ts';

// The project's types are a page's; this file alone runs as a worker's own scope.
const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const postMessage = scope.postMessage.bind(scope); // kept: pdf/load-pdfjs.ts hides it for a moment
const send = (reply: ReadReply) => postMessage(reply);

scope.addEventListener('message', (event) => void run(event.data as ReadRequest), { once: true });

async function run({ file }: ReadRequest): Promise<void> {
  const { signal } = new AbortController(); // never aborted: the worker is ended instead
  try {
    const onProgress = (progress: ReadProgress) => send({ type: 'progress', progress });
    send({ type: 'done', document: await parseFile(file, { signal, onProgress, readCMap }) });
  } catch (error) {
    send({ type: 'failed', error: encodeError(error) });
  }
}

/** Character maps of Chinese, Japanese and Korean PDFs come from the site itself, when one is needed. */
async function readCMap(fileName: string): Promise<Uint8Array | null> {
  const { CMAP_URLS } = await import('./pdf/cmap-urls.ts');
  const url = CMAP_URLS[fileName];
  if (url === undefined) return null;
  const response = await fetch(new URL(url, import.meta.url));
  if (!response.ok) throw new Error(`the site answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
