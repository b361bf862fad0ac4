// One Chromium for one engine, with a profile on disk as a user has: storage is really written, and the processes are told
// apart by the profile's folder.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { CHROMIUM_FLAGS, findChromium } from '../scripts/chromium.mjs';
import type { BenchDriver } from './page/driver.ts';

export type Adapter = {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
};

export type BenchBrowser = {
  readonly version: string;
  readonly profileFolder: string;
  /** Opens a bench page and waits for its driver. Messages of the page's errors are thrown by the next `call`. */
  open(url: string): Promise<BenchPage>;
  close(): Promise<void>;
};

export type BenchPage = {
  readonly page: Page;
  call<Name extends keyof BenchDriver>(
    name: Name,
    ...given: Parameters<BenchDriver[Name]>
  ): Promise<Awaited<ReturnType<BenchDriver[Name]>>>;
  close(): Promise<void>;
};

const SOFTWARE = 'swiftshader';
/** The adapter the numbers claim to be from: `swiftshader`, or a part of a real GPU's vendor or architecture. */
export const CLAIMED_ADAPTER = process.env.BENCH_ADAPTER ?? SOFTWARE;
export const BROWSER_FLAGS = CHROMIUM_FLAGS.filter(
  (flag) => CLAIMED_ADAPTER === SOFTWARE || !flag.startsWith('--use-webgpu-adapter='),
);

/** Longer than the slowest import or prefill in software. */
const CALL_LIMIT_MS = 600_000;

export async function openBrowser(): Promise<BenchBrowser> {
  const profileFolder = await mkdtemp(join(tmpdir(), 'daylight-bench-'));
  const executablePath = findChromium();
  const context = await chromium.launchPersistentContext(profileFolder, {
    headless: true,
    args: [...BROWSER_FLAGS],
    ...(executablePath ? { executablePath } : {}),
  });
  return {
    version: context.browser()?.version() ?? 'unknown',
    profileFolder,
    open: async (url) => openPage(await context.newPage(), url),
    async close() {
      await context.close();
      await rm(profileFolder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function openPage(page: Page, url: string): Promise<BenchPage> {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.setDefaultTimeout(CALL_LIMIT_MS);
  await page.goto(url);
  try {
    await page.waitForFunction(() => 'bench' in globalThis, undefined, { timeout: 30_000 });
  } catch (cause) {
    throw new Error(`The page ${url} offers no driver. ${complaints.join(' | ')}`, { cause });
  }
  return {
    page,
    async call(name, ...given) {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${name} took longer than ${CALL_LIMIT_MS / 1000} s`)),
          CALL_LIMIT_MS,
        );
      });
      const work = page.evaluate(
        async ([method, words]) => {
          const driver = (globalThis as unknown as { bench: Record<string, (...words: unknown[]) => unknown> }).bench;
          return driver[method]!(...words);
        },
        [name, given] as const,
      );
      try {
        return (await Promise.race([work, limit])) as never;
      } catch (cause) {
        // The first line without Playwright's and the page's own prefixes; the stack stays in the cause.
        const message = String(cause)
          .split('\n')[0]!
          .replace(/^(\w*Error: )?(page\.evaluate: )?(\w*Error: )?/, '');
        throw new Error([`${name}: ${message}`, ...complaints].join(' | '), { cause });
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => page.close(),
  };
}

/** The adapter pages get. Throws when it is not the one claimed: a number from another one would be a lie. */
export async function readAdapter(page: Page): Promise<Adapter> {
  const adapter = await page.evaluate(async () => {
    const found = await navigator.gpu?.requestAdapter();
    if (!found) return null;
    const { vendor, architecture, device, description } = found.info;
    return { vendor, architecture, device, description };
  });
  if (!adapter) throw new Error('This browser has no WebGPU adapter, so there is nothing to measure.');
  const words = Object.values(adapter).join(' ').toLowerCase();
  if (!words.includes(CLAIMED_ADAPTER.toLowerCase())) {
    throw new Error(
      `The numbers would claim the adapter "${CLAIMED_ADAPTER}", but the browser gives "${words}". Set BENCH_ADAPTER to what it is.`,
    );
  }
  return adapter;
}
