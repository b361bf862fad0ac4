// The engine worker. Everything that touches WebLLM, the GPU and the weights happens here; the page only sends requests.
import type { EngineReply, EngineRequest } from '#engine/protocol/messages.ts';
import { encodeError } from '#engine/protocol/wire-error.ts';
import { watchGpu } from '#engine/worker/gpu-watch.ts';
import { EngineHost } from '#engine/worker/host.ts';
import { presentGpu } from '#engine/worker/limited-adapter.ts';
import { EngineSession } from '#engine/worker/session.ts';
import { Shelf } from '#engine/worker/shelf.ts';
import runtimeUrl from '#model-library/runtime/build/runtime.wasm?url&inline';

// The project's types are a page's; this file alone runs as a worker's own scope.
const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const send = (reply: EngineReply, transfer: Transferable[] = []) => scope.postMessage(reply, transfer);

const gpu = scope.navigator.gpu as GPU | undefined;
const presentedGpu = presentGpu(scope.navigator);
const watch = watchGpu();
const fetches = countFetches();
const shelf = new Shelf({
  siteUrl: new URL('..', scope.location.href),
  runtimeWasm: decodeDataUrl(runtimeUrl),
  createImportWorker: () =>
    new Worker(new URL(/* @vite-ignore */ './import.worker.js', scope.location.href), {
      type: 'module',
      name: 'daylight-import',
    }),
});
// WebLLM looks for models in the Cache API; in this worker that is the weight store.
Object.defineProperty(scope, 'caches', { configurable: true, value: shelf.caches });
const session = new EngineSession({
  gpu,
  presentedGpu,
  watch,
  shelf,
  fetches,
  onLost: (error) => send({ type: 'lost', error: encodeError(error) }),
});
const host = new EngineHost(session, shelf, send);

scope.addEventListener('message', (event) => void host.receive(event.data as EngineRequest));
void announce();

function decodeDataUrl(url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (character) => character.charCodeAt(0));
}

/** Counts what goes over the network from this worker: after an import it must be nothing. */
function countFetches(): () => number {
  let count = 0;
  const original = scope.fetch;
  scope.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, scope.location.href);
    if (url.protocol.startsWith('http')) count++; // WebLLM carries its wasm in data: addresses
    return original.call(scope, input, init);
  };
  return () => count;
}

/** Tells the page that requests are heard. The lock is held for ever: only the worker's end frees it. */
async function announce(): Promise<void> {
  const { locks } = scope.navigator;
  if (!locks) return send({ type: 'ready', lock: null });
  const lock = `daylight-engine-${crypto.randomUUID()}`;
  await locks.request(lock, () => {
    send({ type: 'ready', lock });
    return new Promise(() => {});
  });
}
