// What the page needs of the browser, in one place. Nothing here runs while the site is built.
import { asset, base } from '$app/paths';
import { AppError } from '#base/errors.ts';
import { trustedScriptUrl } from '#base/trusted-script-url.ts';
import { hasMemory64 } from '#base/wasm-memory64.ts';
import { ChatStore } from '#chat/store.ts';
import { connectCpu } from '#engine/client/connect-cpu.ts';
import { connect } from '#engine/client/connect.ts';
import type { Outside } from '#lib/state/app.svelte.ts';
import type { ReadFile } from '#lib/state/attachments.svelte.ts';
import { checkDevice } from '#lib/state/device.ts';
import { readCatalog } from '#lib/state/read-catalog.ts';
import { isHandheld, measureThroughput, readConnection, readStorage } from '#lib/state/surroundings.ts';
import { browserTabs } from '#lib/state/tabs.ts';
import type { NavigatorWords } from '#lib/state/surroundings.ts';
import { findSpeaker, listVoices, regional } from '#voice/browser-voice.ts';
import { findRecognition } from '#voice/recognition.ts';

/** Where the engine keeps models. Only its presence is asked; opening it is the engine's business. */
const WEIGHTS_DATABASE = 'daylight-weights';

export function browserOutside(): Outside {
  return {
    connect: () => connect({ workerUrl: new URL(asset('/engine/engine.worker.js'), location.href) }),
    connectCpu: () => connectCpu({ workerUrl: new URL(asset('/engine/cpu.worker.js'), location.href) }),
    openStore: () => ChatStore.open(),
    tabs: browserTabs(),
    async hasStoredModels() {
      try {
        return (await indexedDB.databases()).some(({ name }) => name === WEIGHTS_DATABASE);
      } catch {
        return true; // cannot be known here: let the engine look
      }
    },
    checkDevice: () =>
      checkDevice({
        isSecureContext,
        userAgent: navigator.userAgent,
        maxTouchPoints: navigator.maxTouchPoints,
        gpu: navigator.gpu,
        hasMemory64: hasMemory64(),
      }),
    async readSurroundings({ system }) {
      const words = navigator as NavigatorWords;
      return {
        isHandheld: isHandheld(words, system, matchMedia('(pointer: coarse)').matches),
        memoryGiB: words.deviceMemory ?? null,
        storage: await readStorage(words),
        connection: readConnection(words),
      };
    },
    // The catalog's addresses may be below the site's root.
    measureThroughput: (url) => measureThroughput(new URL(url, siteUrl()).href, fetch, () => performance.now()),
    readCatalog: () => readCatalog(`${siteUrl().href}catalog.json`, fetch),
    onNetwork(act) {
      if (typeof window === 'undefined') return; // the site is being built
      for (const type of ['online', 'offline']) addEventListener(type, () => act(type === 'online'));
    },
    persist: async () => navigator.storage?.persist?.(),
    canPickFolder: () => 'showDirectoryPicker' in globalThis,
    pickFolder,
    keepShell,
    readFile,
    voice: {
      recognition: () => findRecognition(globalThis),
      speaker: findSpeaker,
      voices: () => listVoices(globalThis.speechSynthesis),
      language: () => regional(document.documentElement.lang, navigator.languages),
      isHandheld: () => matchMedia('(pointer: coarse)').matches,
      isCalm: () => matchMedia('(prefers-reduced-motion: reduce)').matches,
    },
    userAgent: () => navigator.userAgent,
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
  };
}

/** Null when the person closes the browser's own dialog. */
async function pickFolder(mode: 'read' | 'readwrite'): Promise<FileSystemDirectoryHandle | null> {
  const { showDirectoryPicker: pick } = globalThis as typeof globalThis & {
    showDirectoryPicker(options: { mode: 'read' | 'readwrite' }): Promise<FileSystemDirectoryHandle>;
  };
  try {
    return await pick({ mode });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
}

const readFile: ReadFile = async (file, options) => {
  const { readDocument } = await import('#documents/read-document.ts').catch((cause: unknown) => {
    throw new AppError('document-reader-died', { name: file.name, reason: String(cause) }, { cause });
  });
  return readDocument(file, options);
};

const siteUrl = (): URL => new URL(`${base}/`, location.href);

/** Registers the service worker, which keeps the page for use without a network. Without it all else works the same. */
function keepShell(onUpdate: (takeOver: () => void) => void): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const { serviceWorker } = navigator;
  const offer = (waiting: ServiceWorker | null): void => {
    if (waiting === null || serviceWorker.controller === null) return; // the first one takes nothing over
    onUpdate(() => {
      serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
      waiting.postMessage('take-over');
    });
  };
  serviceWorker.register(trustedScriptUrl(`${base}/service-worker.js`)).then(
    (registration) => {
      offer(registration.waiting);
      registration.addEventListener('updatefound', () => {
        const { installing } = registration;
        installing?.addEventListener('statechange', () => {
          if (installing.state === 'installed') offer(installing);
        });
      });
    },
    () => undefined, // refused, as in some private windows
  );
}
