// The CPU engine's worker: the same messages as the GPU engine's, answered by llama.cpp. Its WebAssembly is fetched by the first
// load, not before.
import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import { AppError } from '#base/errors.ts';
import { CpuSession } from '#engine/cpu/session.ts';
import { CpuShelf } from '#engine/cpu/cpu-shelf.ts';
import { KeptFiles } from '#engine/cpu/kept-files.ts';
import type { EngineReply, EngineRequest } from '#engine/protocol/messages.ts';
import { encodeError } from '#engine/protocol/wire-error.ts';
import { EngineHost } from '#engine/worker/host.ts';

// The project's types are a page's; this file alone runs as a worker's own scope.
const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const send = (reply: EngineReply, transfer: Transferable[] = []) => scope.postMessage(reply, transfer);

const fetches = countFetches();
const shelf = new CpuShelf(new KeptFiles(scope.caches ?? null), new URL('..', scope.location.href));
const session = new CpuSession({
  shelf,
  wasm: fetchWasm,
  threads: threadCount(),
  reason: whyNoGpu(),
  fetches,
  onLost: (error) => send({ type: 'lost', error: encodeError(error) }),
});
const host = new EngineHost(session, shelf, send);

scope.addEventListener('message', (event) => void host.receive(event.data as EngineRequest));
void announce();

/** Threads share memory, which a browser allows a page only where its server isolates it. Half of the cores: the rest is for the page. */
function threadCount(): number {
  if (!scope.crossOriginIsolated) return 1;
  return Math.max(2, Math.min(8, Math.floor(scope.navigator.hardwareConcurrency / 2)));
}

function whyNoGpu(): string {
  if (!scope.isSecureContext) return 'the page is not served over https';
  return scope.navigator.gpu ? 'this engine computes on the processor' : 'this browser has no WebGPU';
}

async function fetchWasm(): Promise<Blob> {
  const url = new URL(wasmUrl, scope.location.href).href;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Blob([await response.arrayBuffer()], { type: 'application/wasm' });
  } catch (error) {
    const reason = `${url} could not be had: ${error instanceof Error ? error.message : String(error)}`;
    throw new AppError('cpu-failed', { reason }, { cause: error });
  }
}

function countFetches(): () => number {
  let count = 0;
  const original = scope.fetch;
  scope.fetch = (input, init) => {
    count++;
    return original.call(scope, input, init);
  };
  return () => count;
}

/** Tells the page that requests are heard. The lock is held for ever: only the worker's end frees it. */
async function announce(): Promise<void> {
  const { locks } = scope.navigator as { locks?: LockManager };
  if (!locks) return send({ type: 'ready', lock: null });
  const lock = `daylight-engine-${crypto.randomUUID()}`;
  await locks.request(lock, () => {
    send({ type: 'ready', lock });
    return new Promise(() => {});
  });
}
