// Keeps the page itself, the engine and sdk.js for use without a network. Never weights: those are in IndexedDB, and a
// copy here would double them. Files of one build are served together; a newer build waits until the page asks for it.
import { base, build, files, prerendered, version } from '$service-worker';

const worker = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = 'daylight-shell-';
const CACHE = PREFIX + version;

/** A deployer changes it without a build, so the network's is preferred to ours. */
const CATALOG = `${base}/catalog.json`;

/** Below `models/` lie weights; `models/` itself is a page. */
const isWeights = (path: string): boolean => path.startsWith(`${base}/models/`) && path !== `${base}/models/`;
const isKept = (path: string): boolean => !isWeights(path) && path !== `${base}/robots.txt`;
const PATHS: ReadonlySet<string> = new Set([...build, ...prerendered, ...files].filter(isKept));

/** The engine without a GPU: 9 MB that few need. Kept when they are used, and with every build for those who have used them. */
const isOnDemand = (path: string): boolean =>
  path === `${base}/engine/cpu.worker.js` || path.startsWith(`${base}/engine/wllama-`);
/**
 * Parts of the page's own workers: readers of documents, character maps, colours for code. Their names hold a hash of their
 * contents. Kept when they are used, except for the readers.
 */
const isWorkerPart = (path: string): boolean => path.startsWith(`${base}/_app/immutable/workers/`);
/** A person on a train opens their first PDF there, so the readers of documents are here before one is needed: 2.3 MB. */
const isReader = (path: string): boolean => /\/workers\/document\.worker-[^/]+\.js$/.test(path);
/** How one script of a worker names another. */
const PART = /["'`](\.{1,2}\/[\w./-]+\.js)["'`]/g;
/** Made by that engine when it keeps a model. */
const CPU_MODELS = 'daylight-cpu-models';

worker.addEventListener('install', (event) => {
  const keep = async (): Promise<void> => {
    const hasUsedCpu = await caches.has(CPU_MODELS);
    const paths = [...PATHS].filter((path) => hasUsedCpu || !isOnDemand(path));
    const cache = await caches.open(CACHE);
    await cache.addAll(paths.map(asOnServer));
    for (const path of paths.filter(isReader)) await keepParts(cache, path);
  };
  event.waitUntil(keep());
});

worker.addEventListener('activate', (event) => {
  const removeOlder = async (): Promise<void> => {
    const names = await caches.keys();
    const older = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
    await Promise.all(older.map((name) => caches.delete(name)));
  };
  event.waitUntil(removeOlder());
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const isOurs = url.origin === location.origin && (PATHS.has(url.pathname) || isWorkerPart(url.pathname));
  if (request.method !== 'GET' || !isOurs || request.headers.has('range')) return;
  event.respondWith(url.pathname === CATALOG ? newest(request) : answer(request, url.pathname));
});

/** The page sends this when a person asked for the newer build. */
worker.addEventListener('message', (event) => {
  if (event.data === 'take-over') void worker.skipWaiting();
});

/** `no-cache` asks the server whether its copy is the same: the browser's own may be of an older build. */
const asOnServer = (path: string): Request => new Request(path, { cache: 'no-cache' });

/** Keeps every script that a kept one names, and those that these name. */
async function keepParts(cache: Cache, path: string): Promise<void> {
  const paths = new Set([path]);
  for (const one of paths) {
    let script = await cache.match(one);
    if (script === undefined) {
      script = await fetch(asOnServer(one));
      if (!script.ok) continue; // text in a script that only looks like a name
      await cache.put(one, script.clone());
    }
    // The set grows while it is walked.
    for (const [, name] of (await script.text()).matchAll(PART)) {
      const part = new URL(name!, new URL(one, location.href)).pathname;
      if (isWorkerPart(part)) paths.add(part);
    }
  }
}

async function answer(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(path);
  if (kept) return kept;
  const response = await fetch(request); // the browser threw the cache away to make room, or it is wanted the first time
  if (response.ok && (isOnDemand(path) || isWorkerPart(path))) await cache.put(path, response.clone());
  return response;
}

/** From the network, and kept; the kept one where there is no network. */
async function newest(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(CATALOG, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(CATALOG);
    if (kept === undefined) throw error;
    return kept;
  }
}
