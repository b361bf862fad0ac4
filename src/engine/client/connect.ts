import { AppError } from '#base/errors.ts';
import { trustedScriptUrl } from '#base/trusted-script-url.ts';
import { Calls } from '#engine/client/calls.ts';
import type { EngineEndpoint } from '#engine/client/calls.ts';
import { createCompletions } from '#engine/client/completions.ts';
import type { ConnectOptions, Engine } from '#engine/client/engine.ts';
import { folderFiles } from '#engine/client/folder-files.ts';
import type { GenerationStats } from '#engine/protocol/info.ts';
import type { EngineReply, ModelSource } from '#engine/protocol/messages.ts';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatRequest,
  Completion,
  CompletionRequest,
} from '#engine/protocol/openai.ts';
import { decodeError } from '#engine/protocol/wire-error.ts';

/** Starts an engine worker. Rejects with `engine-died` when its script does not load. */
export async function connect(options: ConnectOptions): Promise<Engine> {
  return connectTo(new Worker(trustedScriptUrl(options.workerUrl), { type: 'module', name: 'daylight-engine' }));
}

/** Speaks to an engine behind any endpoint; resolves when it says that it listens. */
export function connectTo(endpoint: EngineEndpoint): Promise<Engine> {
  return new Promise((resolve, reject) => {
    const calls = new Calls(endpoint);
    const listeners = { lost: new Set<(error: AppError) => void>(), died: new Set<(error: AppError) => void>() };
    const die = (reason: string) => {
      if (calls.isEnded) return;
      const error = new AppError('engine-died', { reason });
      calls.end(error);
      reject(error);
      for (const listener of listeners.died) listener(error);
    };
    endpoint.addEventListener('error', (event) => {
      const { message } = event as Partial<ErrorEvent>;
      die(message ? message : 'its script could not be loaded');
    });
    endpoint.addEventListener('messageerror', () => die('a message could not be read'));
    endpoint.addEventListener('message', (event) => {
      const reply = event.data as EngineReply;
      if (reply.type === 'ready') {
        if (reply.lock) void watchLock(reply.lock, () => die('it was ended'));
        resolve(createEngine(calls, listeners));
      } else if (reply.type === 'lost') {
        const error = decodeError(reply.error);
        for (const listener of listeners.lost) listener(error);
      } else calls.receive(reply);
    });
  });
}

/**
 * A worker that the browser ends (out of memory, developer tools) says nothing. But it held a lock, and the browser
 * hands that on: when this page gets it, the worker is gone.
 */
async function watchLock(name: string, onFree: () => void): Promise<void> {
  if (!globalThis.navigator?.locks) return;
  await navigator.locks.request(name, () => undefined);
  onFree();
}

type Listeners = Record<'lost' | 'died', Set<(error: AppError) => void>>;

function createEngine(calls: Calls, listeners: Listeners): Engine {
  let lastGeneration: GenerationStats | null = null;
  const onStats = (stats: GenerationStats) => (lastGeneration = stats);
  return {
    async load({ onProgress, signal, contextLength, chatTemplate, overrides, ...from }) {
      const settings = {
        source: sourceOf(from),
        contextLength: contextLength ?? null,
        chatTemplate: chatTemplate ?? null,
        overrides: overrides ?? null,
      };
      return calls.send<'load'>({ type: 'load', settings }, { signal, onProgress });
    },
    chat: { completions: createCompletions<ChatRequest, ChatCompletion, ChatCompletionChunk>(calls, 'chat', onStats) },
    completions: createCompletions<CompletionRequest, Completion, Completion>(calls, 'complete', onStats),
    get lastGeneration() {
      return lastGeneration;
    },
    tokenize: (text) => calls.send<'tokenize'>({ type: 'tokenize', text }),
    countTokens: (messages) => calls.send<'count-tokens'>({ type: 'count-tokens', messages }),
    detokenize: (ids) => calls.send<'detokenize'>({ type: 'detokenize', ids: [...ids] }),
    async interrupt() {
      await calls.send<'interrupt'>({ type: 'interrupt' });
    },
    async unload() {
      await calls.send<'unload'>({ type: 'unload' });
    },
    info: () => calls.send<'info'>({ type: 'info' }),
    stats: () => calls.send<'stats'>({ type: 'stats' }),
    assess: (need, { signal } = {}) => calls.send<'assess'>({ type: 'assess', need }, { signal }),
    models: {
      async import({ onProgress, signal, chatTemplate, ...from }) {
        const source: ModelSource =
          'folder' in from ? { kind: 'folder', files: await folderFiles(from.folder) } : sourceOf(from);
        const settings = { source, chatTemplate: chatTemplate ?? null };
        return calls.send<'import-model'>({ type: 'import-model', settings }, { signal, onProgress });
      },
      export: (key, { directory, signal, onProgress }) =>
        calls.send<'export-model'>({ type: 'export-model', key, directory }, { signal, onProgress }),
      list: () => calls.send<'list-models'>({ type: 'list-models' }),
      async delete(key) {
        await calls.send<'delete-model'>({ type: 'delete-model', key });
      },
      verify: (key) => calls.send<'verify-model'>({ type: 'verify-model', key }),
    },
    evaluate: (ids, { count, signal }) =>
      calls.send<'evaluate'>({ type: 'evaluate', ids: [...ids], count }, { signal }),
    on(event, listener) {
      listeners[event].add(listener);
      return () => listeners[event].delete(listener);
    },
    dispose: () => calls.end(new AppError('engine-disposed')),
  };
}

function sourceOf(from: object): ModelSource {
  if ('model' in from) return { kind: 'catalog', model: String(from.model) };
  if ('stored' in from) return { kind: 'stored', key: String(from.stored) };
  const gguf: unknown = 'gguf' in from ? from.gguf : undefined;
  const parts: unknown[] = Array.isArray(gguf) ? gguf : [gguf];
  if (parts.length > 0 && parts.every((part) => typeof part === 'string')) {
    return { kind: 'urls', urls: parts.map(absoluteUrl) };
  }
  if (parts.length > 0 && parts.every((part) => part instanceof File)) return { kind: 'files', files: parts };
  throw new AppError('engine-request', { what: 'load() needs gguf (URLs or files of one model), model or stored' });
}

/** The worker has another base than the page, so the page's own is applied here. */
function absoluteUrl(url: string): string {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(url, base).href;
  } catch (error) {
    throw new AppError('engine-request', { what: `${JSON.stringify(url)} is no URL` }, { cause: error });
  }
}
