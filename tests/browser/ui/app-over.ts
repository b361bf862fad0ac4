import { ChatStore } from '#chat/store.ts';
import { App } from '#lib/state/app.svelte.ts';
import type { Outside } from '#lib/state/app.svelte.ts';
import { browserTabs } from '#lib/state/tabs.ts';
import { CATALOG } from './catalog-of-two.ts';
import type { ScriptedEngine } from './scripted-engine.ts';

/** An app over a scripted engine and a real store; who calls closes what is put into `stores`. */
export function appOver(
  script: ScriptedEngine,
  database: string,
  stores: ChatStore[],
  changes: Partial<Outside> = {},
): App {
  return new App({
    connect: async () => script.engine,
    connectCpu: async () => script.engine,
    openStore: async () => {
      const store = await ChatStore.open(database);
      stores.push(store);
      return store;
    },
    tabs: browserTabs(database),
    canPickFolder: () => false,
    pickFolder: async () => null,
    hasStoredModels: async () => script.stored.length > 0,
    checkDevice: async () => ({
      problem: null,
      system: 'linux',
      browser: 'chromium',
      isSoftware: false,
      hasProcessor: true,
    }),
    readSurroundings: async () => ({ isHandheld: false, memoryGiB: 8, storage: null, connection: null }),
    measureThroughput: async () => 8e6,
    readCatalog: async () => CATALOG,
    persist: async () => true,
    onNetwork: () => undefined,
    keepShell: () => undefined,
    readFile: () => Promise.reject(new Error('no file is read here')),
    voice: {
      recognition: () => null,
      speaker: () => null,
      voices: async () => [],
      language: () => 'en',
      isHandheld: () => false,
      isCalm: () => true,
    },
    userAgent: () => 'test',
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
    ...changes,
  });
}
