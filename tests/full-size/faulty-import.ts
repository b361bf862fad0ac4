// One import that is interrupted in every way at hand, and goes on each time. Faults strike in order, spread over the file.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright';
import { browserProcesses, processType } from '#bench/processes.ts';
import { openEnginePage, openProfile } from '#tests/full-size/solar-browser.ts';
import {
  changedFile,
  changedLength,
  cutHalfway,
  htmlPage,
  ignoreRange,
  reset,
  stall,
  status,
  truncate,
  wrongPart,
  type NetworkFault,
  type WeightServer,
} from '#tests/full-size/weight-server.ts';

/** What the page tells of its import. */
type Importing = {
  stage: string;
  doneBytes: number;
  totalBytes: number;
  /** `complete`, or what ended it: an AppError's code, or the name of a signal's reason. */
  outcome: string | null;
  key: string | null;
  abort: () => void;
};
declare global {
  var importing: Importing;
}

export type Fault = {
  readonly name: string;
  /** False where the import was over before it could strike. */
  strike(run: FaultyImport): Promise<boolean>;
};

/** A chunk may be in the air when everything ends; the newest stored one is checked and perhaps fetched again. */
const MOST_LOST_BYTES = 2 * 16 * 1024 * 1024;
const PATIENCE_MS = 180_000;

export class FaultyImport {
  context: BrowserContext;
  page: Page;
  readonly server: WeightServer;
  readonly profileFolder: string;

  private constructor(context: BrowserContext, page: Page, server: WeightServer, profileFolder: string) {
    this.context = context;
    this.page = page;
    this.server = server;
    this.profileFolder = profileFolder;
  }

  static async open(server: WeightServer, profileFolder: string): Promise<FaultyImport> {
    const context = await openProfile(profileFolder);
    return new FaultyImport(context, await openEnginePage(context, `${server.site.url}blank`), server, profileFolder);
  }

  /** Imports with all `faults` and gives the model's key. `told` hears of each fault when it is over. */
  async run(faults: readonly Fault[], told: (line: string) => void): Promise<{ key: string; struck: number }> {
    let struck = 0;
    await this.start(this.page);
    for (const [index, fault] of faults.entries()) {
      await this.reach((index + 0.5) / (faults.length * 1.1)); // the last ones have something left to strike
      const { doneBytes, totalBytes } = await this.state();
      const startedMs = Date.now();
      const hasStruck = await fault.strike(this);
      if (hasStruck) struck++;
      const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
      const at = `fault ${index + 1} at ${((100 * doneBytes) / totalBytes).toFixed(0)} %`;
      told(`${at}: ${fault.name} (${hasStruck ? `${seconds} s` : 'it was over already'})`);
    }
    const end = await this.until(({ outcome }) => outcome !== null, Infinity);
    if (end.outcome !== 'complete' || end.key === null) throw new Error(`the import ended with ${end.outcome}`);
    return { key: end.key, struck };
  }

  /** Calls `models.import` in the page and returns at once. */
  async start(page: Page): Promise<void> {
    await page.evaluate((gguf) => {
      const ending = new AbortController();
      const state: Importing = {
        stage: '',
        doneBytes: 0,
        totalBytes: 0,
        outcome: null,
        key: null,
        abort: () => ending.abort(),
      };
      globalThis.importing = state;
      const done = globalThis.engine.models.import({
        gguf,
        signal: ending.signal,
        onProgress({ stage, doneBytes, totalBytes }) {
          state.stage = stage;
          if (stage === 'disk') Object.assign(state, { doneBytes, totalBytes });
        },
      });
      done.then(
        ({ key }) => Object.assign(state, { outcome: 'complete', key }),
        (error: { code?: unknown; name: string }) => {
          state.outcome = typeof error.code === 'string' ? error.code : error.name;
        },
      );
    }, this.server.weightUrl);
  }

  state(): Promise<Omit<Importing, 'abort'>> {
    return this.page.evaluate(() => {
      const { abort: _abort, ...state } = globalThis.importing;
      return state;
    });
  }

  async until(
    isSo: (state: Omit<Importing, 'abort'>) => boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<Omit<Importing, 'abort'>> {
    for (const startedMs = Date.now(); ;) {
      const state = await this.state();
      if (isSo(state)) return state;
      if (Date.now() - startedMs > patienceMs) throw new Error(`nothing came of it: ${JSON.stringify(state)}`);
      await sleep(100);
    }
  }

  /** Waits until so much of the model is stored. */
  async reach(fraction: number): Promise<void> {
    const state = await this.until(
      ({ doneBytes, totalBytes, outcome }) =>
        outcome !== null || (totalBytes > 0 && doneBytes >= fraction * totalBytes),
      Infinity,
    );
    if (state.outcome !== null && state.outcome !== 'complete') throw new Error(`it ended with ${state.outcome}`);
  }

  /** Starts again where nothing runs any more, and sees that what was stored still is. */
  async goOn(doneBytes: number): Promise<void> {
    const stored = await this.page.evaluate(async () => {
      const [model] = await globalThis.engine.models.list();
      return model?.storedBytes ?? 0;
    });
    if (stored < doneBytes - MOST_LOST_BYTES) throw new Error(`of ${doneBytes} bytes only ${stored} are left`);
    await this.start(this.page);
    const { doneBytes: found } = await this.until(({ totalBytes, outcome }) => totalBytes > 0 || outcome !== null);
    if (found < doneBytes - MOST_LOST_BYTES) throw new Error(`of ${doneBytes} bytes it went on at ${found}`);
  }

  async openPage(): Promise<void> {
    this.page = await openEnginePage(this.context, `${this.server.site.url}blank`);
  }

  /** SIGKILL to the whole browser, and a new one on the same profile. */
  async killBrowser(): Promise<void> {
    const pids = browserProcesses(this.profileFolder);
    for (const pid of pids.filter((one) => processType(one) === 'browser')) process.kill(pid, 'SIGKILL');
    await this.context.close().catch(() => undefined); // it is gone already
    while (browserProcesses(this.profileFolder).length > 0) await sleep(100);
    this.context = await openProfile(this.profileFolder);
    await this.openPage();
  }
}

/** A fault of one request that the import waits out by itself. */
function survived(name: string, fault: NetworkFault, count = 1): Fault {
  return {
    name: `${name}${count > 1 ? `, ${count} times` : ''}: goes on by itself`,
    async strike(run) {
      run.server.faults.push(...Array.from({ length: count }, () => fault));
      const { outcome } = await run.until(
        (state) => state.outcome !== null || run.server.faults.length + run.server.owedCount === 0,
      );
      if (outcome !== null && outcome !== 'complete') throw new Error(`${name} ended the import with ${outcome}`);
      return run.server.faults.splice(0).length === 0;
    },
  };
}

/** A fault that must end the import with `code`; calling it again goes on. */
function refused(name: string, fault: NetworkFault, code: string): Fault {
  return {
    name: `${name}: refused with ${code}, goes on when asked again`,
    async strike(run) {
      run.server.faults.push(fault);
      const { outcome, doneBytes } = await run.until((state) => state.outcome !== null);
      if (outcome === 'complete' && run.server.faults.splice(0).length > 0) return false;
      if (outcome !== code) throw new Error(`${name} ended with ${outcome} instead of ${code}`);
      await run.goOn(doneBytes);
      return true;
    },
  };
}

function interrupted(name: string, interrupt: (run: FaultyImport) => Promise<void>): Fault {
  return {
    name,
    async strike(run) {
      const { doneBytes, outcome } = await run.state();
      if (outcome === 'complete') return false;
      await interrupt(run);
      await run.goOn(doneBytes);
      return true;
    },
  };
}

const closeTab = async (run: FaultyImport) => {
  await run.page.close();
  await run.openPage();
};

export const FAULTS: readonly Fault[] = [
  survived('a part asked for, the whole file sent (200 for 206)', ignoreRange),
  interrupted('tab closed', closeTab),
  survived('connection cut in the middle of a body', cutHalfway),
  survived('body cut short in good order', truncate),
  interrupted('browser killed (SIGKILL)', (run) => run.killBrowser()),
  survived('status 503', status(503)),
  survived('status 503 with Retry-After: 2', status(503, { 'retry-after': '2' })),
  survived('status 429', status(429)),
  refused('an HTML page in place of weights', htmlPage, 'source-not-weights'),
  interrupted('paused (signal aborted)', async (run) => {
    await run.page.evaluate(() => globalThis.importing.abort());
    await run.until(({ outcome }) => outcome !== null);
  }),
  survived('connection closed without an answer', reset, 3),
  refused('another ETag', changedFile, 'source-changed'),
  interrupted('page reloaded', async ({ page }) => {
    await page.reload();
    await page.waitForFunction(() => 'engine' in globalThis);
  }),
  refused('another length', changedLength, 'source-changed'),
  survived('headers, then silence', stall),
  interrupted('renderer crashed', async (run) => {
    await run.page.goto('chrome://crash').catch(() => undefined); // the navigation dies with the page
    await closeTab(run);
  }),
  interrupted('engine worker ended (dispose)', async (run) => {
    await run.page.evaluate(() => globalThis.engine.dispose());
    await run.until(({ outcome }) => outcome !== null);
    await closeTab(run);
  }),
  refused('another part than asked for', wrongPart, 'source-protocol'),
  refused('status 404', status(404), 'source-http'),
  interrupted('browser killed (SIGKILL) again', (run) => run.killBrowser()),
  refused('status 403', status(403), 'source-http'),
  {
    name: 'server down for 4 s: goes on by itself',
    async strike(run) {
      run.server.goDown(4000);
      await sleep(4000);
      const { doneBytes } = await run.state();
      await run.until((state) => state.doneBytes > doneBytes || state.doneBytes === state.totalBytes);
      return true;
    },
  },
  {
    name: 'a second tab waits, the first is closed: the second goes on',
    async strike(run) {
      const first = run.page;
      const { doneBytes } = await run.state();
      await run.openPage();
      await run.start(run.page);
      await run.until(({ stage, outcome }) => stage === 'waiting' || outcome !== null);
      await first.close();
      const state = await run.until(({ totalBytes, outcome }) => totalBytes > 0 || outcome !== null);
      if (state.outcome === null && state.doneBytes < doneBytes - MOST_LOST_BYTES) throw new Error('it began again');
      return true;
    },
  },
  survived('connection cut in the middle of a body', cutHalfway, 4),
];
