// The built site in a folder of its own on a host, with one page beside it that no bundler has seen.
import { readFileSync } from 'node:fs';
import type { Browser, Page, Worker } from 'playwright';
import type { Engine } from '#engine/client/engine.ts';
import type { connect } from '#sdk/sdk.ts';
import { launchChromium } from '#tests/support/chromium.ts';
import { serveSite } from '#tests/support/serve.ts';

/** The site must work wherever it lies. */
const FOLDER = '/some/where/';

/** What the page leaves for the tests. */
export type PageGlobals = typeof globalThis & { engine: Engine; connect: typeof connect };

export type SdkSite = {
  readonly page: Page;
  /** Paths below the site's folder that were asked for since the last call of `takeRequests`. */
  takeRequests(): string[];
  engineWorker(): Worker;
  close(): Promise<void>;
};

export async function openSdkSite(): Promise<SdkSite> {
  const [example] = /<!doctype html>[\s\S]*?(?=```)/.exec(readFileSync('docs/sdk.md', 'utf8')) ?? [''];
  const pages = new Map([
    ['sdk-page.html', readFileSync('tests/e2e/sdk-page.html', 'utf8')],
    ['docs-example.html', example.replace("'/sdk.js'", "'./sdk.js'")],
  ]);
  let requests: string[] = [];
  const site = await serveSite({
    folder: process.env['SITE_FOLDER'] ?? 'build',
    intercept(request, response) {
      const url = request.url ?? '';
      requests.push(url.replace(FOLDER, ''));
      if (!url.startsWith(FOLDER)) {
        response.writeHead(404).end();
        return true;
      }
      const html = pages.get(url.slice(FOLDER.length));
      if (html) {
        response.writeHead(200, { 'content-type': 'text/html' }).end(html);
        return true;
      }
      request.url = url.slice(FOLDER.length - 1);
      return false;
    },
  });
  let browser: Browser | null = null;
  try {
    browser = await launchChromium();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${site.url.replace(/\/$/, '')}${FOLDER}sdk-page.html`);
    await page.waitForFunction(() => 'engine' in globalThis);
    return {
      page,
      takeRequests() {
        const taken = requests;
        requests = [];
        return taken;
      },
      engineWorker() {
        const worker = page.workers().find((one) => one.url().endsWith('/engine.worker.js'));
        if (!worker) throw new Error('The page has no engine worker.');
        return worker;
      },
      async close() {
        await browser?.close();
        await site.close();
      },
    };
  } catch (error) {
    await browser?.close();
    await site.close();
    throw error;
  }
}
