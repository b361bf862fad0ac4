// The built pages under axe-core (WCAG 2.2 AA and its best practices), in light, dark and Arabic, from 320 px on and with text at twice
// its size. No model is loaded: what is looked at are pages, dialogs and a kept conversation.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '#tests/support/chromium.ts';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WIDE = { width: 1280, height: 860 };
const NARROW = { width: 320, height: 640 };

const ANSWER = `# Why the sky is blue

Air scatters **short waves** more; see \\(I \\sim \\lambda^{-4}\\) and a [page](https://example.org/).

| colour | wavelength in nanometres | how much is scattered compared with red |
|---|--:|--:|
| blue | 450 | 5.8 |

\`\`\`ts
const answer: number = 42; // a line that is rather longer than a narrow screen, to be scrolled by itself
\`\`\`

1. First
2. Second
`;

let site: ServedSite;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  site = await serveSite({ folder: process.env['SITE_FOLDER'] ?? 'build' });
  browser = await launchChromium();
  const context = await browser.newContext({ viewport: WIDE, reducedMotion: 'reduce' });
  page = await context.newPage();
  await page.goto(site.url);
  await page.getByRole('button', { name: /Load and chat/ }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** What axe finds, a line each. */
async function faults(): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    (tags) =>
      (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
        runOnly: { type: 'tag', values: tags },
      }),
    TAGS,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${String(target)} ${failureSummary ?? ''}`),
  );
}

/** Of everything that sticks out of the page sideways. */
function overflowing(): Promise<string[]> {
  return page.evaluate(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    return [...document.querySelectorAll('body *')]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
      .map((one) => `${one.tagName} ${one.className} ${(one.textContent ?? '').trim().slice(0, 40)}`)
      .slice(0, 5);
  });
}

async function keepConversation(): Promise<void> {
  await page.evaluate(async (text) => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('daylight-chats');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error('no database'));
    });
    const tx = db.transaction(['conversations', 'messages', 'settings'], 'readwrite');
    const now = Date.now();
    const stats = {
      promptTokens: 40,
      keptTokens: 0,
      completionTokens: 90,
      prefillTokensPerSecond: 120,
      decodeTokensPerSecond: 21,
      secondsToFirstToken: 0.4,
    };
    tx.objectStore('conversations').put({
      id: 'c',
      title: 'Why is the sky blue?',
      titleBy: 'text',
      createdAt: now,
      updatedAt: now,
      headId: 'a2',
    });
    const message = (id: string, parentId: string | null, at: number, rest: object) =>
      tx.objectStore('messages').put({ id, parentId, conversationId: 'c', createdAt: now + at, ...rest });
    message('q', null, 0, { role: 'user', text: 'Why is the sky blue?' });
    message('a1', 'q', 1, { role: 'assistant', text: 'Because of air.', state: 'done', model: 'SOLAR', stats });
    message('a2', 'q', 2, { role: 'assistant', text, state: 'cut', model: 'SOLAR', stats });
    tx.objectStore('settings').put('c', 'open-conversation');
    await new Promise((resolve) => (tx.oncomplete = resolve));
    db.close();
  }, ANSWER);
  await page.reload();
  await page.getByRole('heading', { name: 'Why the sky is blue' }).waitFor();
  await page.locator('.katex').first().waitFor();
}

const closeDialog = async () => {
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog[open]') === null);
};

it('the first visit has no fault', async () => {
  expect(await faults()).toEqual([]);
});

it('a conversation has no fault, light, dark and with forced colours', async () => {
  await keepConversation();
  expect(await faults()).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await faults()).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', contrast: 'more' });
  expect(await faults()).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', contrast: null, forcedColors: 'active' });
  const inForced = await faults();
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
  expect(inForced).toEqual([]);
});

it('the dialogs have no fault', async () => {
  await page.getByRole('button', { name: 'Settings of this chat' }).click();
  await page.getByText('Finer settings').click();
  expect(await faults()).toEqual([]);
  await closeDialog();
  await page
    .getByRole('button', { name: /Choose a model/ })
    .first()
    .click();
  expect(await faults()).toEqual([]);
  await closeDialog();
});

it('the page of models has no fault, nor in Arabic', async () => {
  await page.goto(`${site.url}models`);
  await page.getByRole('heading', { name: 'Models that run in your browser' }).waitFor();
  expect(await faults()).toEqual([]);
  await page.goto(`${site.url}models?lang=ar`);
  await page.waitForFunction(() => document.documentElement.dir === 'rtl');
  expect(await faults()).toEqual([]);
  expect(await overflowing()).toEqual([]);
});

it('a conversation in Arabic has no fault on a narrow screen', async () => {
  await page.setViewportSize(NARROW);
  await page.goto(`${site.url}?lang=ar`);
  await page.getByRole('heading', { name: 'Why the sky is blue' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl');
  expect(await faults()).toEqual([]);
});

it('nothing sticks out of a screen 320 px wide, with text at twice its size, in German', async () => {
  await page.goto(`${site.url}?lang=de`);
  await page.getByRole('heading', { name: 'Why the sky is blue' }).waitFor();
  expect(await overflowing()).toEqual([]);
  await page.setViewportSize({ width: 640, height: 900 });
  await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
  expect(await overflowing()).toEqual([]);
  await page.goto(`${site.url}models?lang=de`);
  await page.setViewportSize(NARROW);
  await page.getByRole('main').waitFor();
  expect(await overflowing()).toEqual([]);
  await page.evaluate(() => localStorage.clear());
});
