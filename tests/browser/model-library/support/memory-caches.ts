// A CacheStorage in memory, as far as WebLLM uses one: it finds the model's files there and asks no network.
export type MemoryCaches = {
  /** URLs that were asked for and are not there. */
  readonly misses: string[];
  /** Puts the page's own `caches` back. */
  restore(): void;
};

/** Puts `files`, by URL, in place of the page's `caches`. */
export function serveFromMemory(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): MemoryCaches {
  const misses: string[] = [];
  const urlOf = (request: RequestInfo | URL) => (request instanceof Request ? request.url : String(request));
  const cache = {
    async match(request: RequestInfo | URL) {
      const bytes = files.get(urlOf(request));
      if (!bytes) misses.push(urlOf(request));
      return bytes ? new Response(bytes) : undefined;
    },
    async add(request: RequestInfo | URL) {
      if (!files.has(urlOf(request))) throw new TypeError(`${urlOf(request)} is not among the test's files`);
    },
    keys: async () => [...files.keys()].map((url) => new Request(url)),
    delete: async () => false,
  };
  const original = Object.getOwnPropertyDescriptor(globalThis, 'caches');
  Object.defineProperty(globalThis, 'caches', { configurable: true, value: { open: async () => cache } });
  return {
    misses,
    restore() {
      if (original) Object.defineProperty(globalThis, 'caches', original);
      else Reflect.deleteProperty(globalThis, 'caches');
    },
  };
}
