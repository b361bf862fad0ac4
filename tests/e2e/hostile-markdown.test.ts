// Model output is untrusted: nothing of it may run, load, navigate or ask, whatever it is made of. No policy helps here, so that
// the renderer alone is tried.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '#tests/support/chromium.ts';
import { hostileSamples } from '#tests/support/markdown/hostile-samples.ts';

const FOLDER = 'tests/.tmp/hostile-markdown';
type Sandbox = {
  hits: string[];
  show(text: string, pieces: number): Promise<void>;
  showUnsafely(text: string): void;
};

let server: Server;
let browser: Browser;
let page: Page;
/** Whatever a text caused beyond being drawn. */
let events: string[] = [];

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    base: './',
    worker: { format: 'es' },
    build: {
      outDir: FOLDER,
      emptyOutDir: true,
      minify: false,
      target: 'es2022',
      rolldownOptions: { input: 'tests/support/markdown/page.ts', output: { entryFileNames: 'page.js' } },
    },
  });
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (path === '/')
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><body><script type="module" src="./page.js"></script>');
    else if (/^\/(page\.js|assets\/[\w.-]+)$/.test(path)) {
      response.setHeader(
        'content-type',
        path.endsWith('.css') ? 'text/css' : path.endsWith('.js') ? 'text/javascript' : 'font/woff2',
      );
      response.end(readFileSync(join(FOLDER, path)));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await launchChromium();
  page = await openPage();
});

afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

async function openPage(): Promise<Page> {
  const opened = await browser.newPage();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await opened.addInitScript(() => {
    const sandbox = window as unknown as { hits: string[]; hit(what: string): void };
    sandbox.hits = [];
    sandbox.hit = (what) => sandbox.hits.push(what);
  });
  await opened.goto(`${origin}/`);
  await opened.waitForFunction(() => 'show' in window);
  events = [];
  // Chunks, style sheets and fonts of the renderer itself are its own; all else is a leak.
  await opened.route('**', (route) => {
    const url = route.request().url();
    if (url.startsWith(`${origin}/assets/`)) return route.continue();
    events.push(`request ${url.slice(0, 200)}`);
    return route.abort();
  });
  opened.on('dialog', (dialog) => {
    events.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  opened.on('framenavigated', (frame) => events.push(`navigation ${frame.url()}`));
  opened.on('popup', (popup) => events.push(`popup ${popup.url()}`));
  return opened;
}

/** Draws one text, sends every element the events that handlers wait for, and returns what is there that must not be. */
function draw(text: string, pieces: number): Promise<string[]> {
  return page.evaluate(
    async ([text, pieces]) => {
      const sandbox = window as unknown as Sandbox;
      await sandbox.show(text as string, pieces as number);
      const root = document.body.lastElementChild!;
      const bad: string[] = [];
      const allowed =
        /^(P|BR|HR|H[3-6]|BLOCKQUOTE|UL|OL|LI|STRONG|EM|DEL|CODE|A|DATA|TABLE|THEAD|TBODY|TR|TH|TD|DIV|SPAN|FIGURE|FIGCAPTION|PRE)$/;
      const attributes = /^(href|rel|target|start|align|scope|value|dir|class|tabindex|role|aria-label|hidden)$/;
      for (const element of root.querySelectorAll('*')) {
        if (/[\u202A-\u202E\u2066-\u2069]/.test(element.textContent ?? '')) bad.push('a character that reorders text');
        if (element.closest('.katex, .katex-display')) {
          if (element.matches('a, img, image, script, [href], [src], [id], [onclick]')) bad.push(element.outerHTML);
        } else if (!allowed.test(element.tagName)) bad.push(element.tagName);
        for (const { name, value } of element.attributes) {
          if (name.startsWith('on')) bad.push(`${name}=${value}`);
          if (!element.closest('.katex, .katex-display') && !attributes.test(name))
            bad.push(`${element.tagName} ${name}=${value}`);
          if (name === 'class' && !element.closest('.katex, .katex-display') && !/^(md-[a-z]+( |$))+/.test(value))
            bad.push(`class ${value}`);
        }
        if (element instanceof HTMLAnchorElement) {
          if (!/^(https?:\/\/|mailto:)/.test(element.href)) bad.push(element.outerHTML);
          if (element.rel !== 'noopener noreferrer nofollow' || element.target !== '_blank')
            bad.push(element.outerHTML);
          if (/evil/.test(element.host) && !element.textContent!.includes('evil.example'))
            bad.push(`hidden: ${element.outerHTML}`);
        }
      }
      for (const element of [...root.querySelectorAll('*')].slice(0, 200)) {
        for (const type of ['mouseover', 'focus', 'load', 'error', 'toggle', 'animationstart'])
          element.dispatchEvent(new Event(type));
      }
      const height = (root as HTMLElement).getBoundingClientRect().height;
      if (height > 1_000_000) bad.push(`${height} px high`);
      root.remove();
      return [...bad, ...sandbox.hits.splice(0).map((hit) => `script ${hit}`)];
    },
    [text, pieces] as const,
  );
}

it('draws more than 500 hostile answers, and nothing runs, loads, navigates or asks', async () => {
  const samples = hostileSamples();
  expect(samples.length).toBeGreaterThan(500);
  const broken: string[] = [];
  for (const [index, { family, text }] of samples.entries()) {
    const bad = await draw(text, 1);
    // And while it is written: an unfinished tag or address is another text.
    if (index % 3 === 0 && text.length < 5000) bad.push(...(await draw(text, 5)));
    if (bad.length > 0 || events.length > 0)
      broken.push(`${family} ${text.slice(0, 120)}: ${[...bad, ...events.splice(0)].join('; ').slice(0, 400)}`);
  }
  await page.waitForTimeout(500); // what a text set off late
  expect(broken).toEqual([]);
  expect(events).toEqual([]);
});

it('can tell: without the renderer the same samples run, load and navigate', async () => {
  const unsafe = async (text: string): Promise<string[]> => {
    const seen = page;
    page = await openPage();
    await page.evaluate((text) => (window as unknown as Sandbox).showUnsafely(text), text);
    await page.waitForTimeout(300);
    const hits = await page.evaluate(() => (window as unknown as Sandbox).hits).catch(() => []);
    await page.close();
    page = seen;
    return [...hits.map((hit) => `script ${hit}`), ...events.splice(0)];
  };
  expect(await unsafe(`<img src="data:," onerror="hit('x')">`)).toContain('script x');
  expect(await unsafe('![words](https://evil.example/leak)')).toEqual(['request https://evil.example/leak']);
  expect((await unsafe('<meta http-equiv=refresh content="0;url=https://evil.example/leak">')).join()).toContain(
    'evil.example',
  );
});
