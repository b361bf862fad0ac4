// The site's content security policy, in the page as it is built: nothing of ours breaks it, and nothing else gets past it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '#tests/support/chromium.ts';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';

const FOLDER = process.env['SITE_FOLDER'] ?? 'build';
const ANSWER = `Some **words**, \\(\\sqrt{x^2} + \\frac{1}{2}\\) and a [link](https://example.org/).

$$
\\int_0^1 \\left( \\begin{matrix} a & b \\\\ c & d \\end{matrix} \\right) \\color{red} x
$$

| a | b |
|---|--:|
| 1 | 2 |

\`\`\`ts
const answer: number = 42; // as always
\`\`\`
`;

let site: ServedSite;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Added to the page's HTML, as somebody would who can write into it. */
let injected = '';
const complaints: string[] = [];

beforeAll(async () => {
  site = await serveSite({
    folder: FOLDER,
    intercept(request, response) {
      if (injected === '' || request.url !== '/') return false;
      const html = readFileSync(join(FOLDER, 'index.html'), 'utf8');
      response.setHeader('content-type', 'text/html').end(html.replace('<body', `${injected}<body`));
      return true;
    },
  });
  browser = await launchChromium();
  context = await browser.newContext();
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** Puts a conversation with one answer where the page keeps them, and opens it. */
async function openConversation(answer: string): Promise<void> {
  await page.evaluate(async (text) => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('daylight-chats');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error('no database'));
    });
    const stores = db.transaction(['conversations', 'messages', 'settings'], 'readwrite');
    const times = { createdAt: 1, updatedAt: 1, deletedAt: null };
    stores.objectStore('conversations').put({ id: 'c', title: 'Kept', ...times });
    stores.objectStore('messages').put({ id: 'q', conversationId: 'c', role: 'user', text: 'Go on' });
    const kept = { id: 'a', role: 'assistant', text, state: 'done', model: 'Model', stats: null };
    stores.objectStore('messages').put({ ...kept, conversationId: 'c', parentId: 'q', createdAt: 1 });
    stores.objectStore('settings').put('c', 'open-conversation');
    await new Promise((resolve) => (stores.oncomplete = resolve));
    db.close();
  }, answer);
  await page.reload();
  await page.locator('.md:not([hidden])').waitFor();
}

it('is in the page, without unsafe-inline and unsafe-eval', async () => {
  await page.goto(site.url);
  const policy = (await page.locator('meta[http-equiv="content-security-policy" i]').getAttribute('content')) ?? '';
  for (const part of [
    "default-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ]) {
    expect(policy).toContain(part);
  }
  expect(policy).not.toMatch(/'unsafe-(inline|eval)'/);
});

it('lets the page, a conversation with formulas and coloured code, and the list of models work', async () => {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await openConversation(ANSWER);
  await expect.poll(() => page.locator('.md .katex').count(), { timeout: 20_000 }).toBe(2);
  await expect.poll(() => page.locator('.md-comment').count(), { timeout: 20_000 }).toBe(1);
  expect(
    await page.evaluate(
      async () => (await document.fonts.ready, [...document.fonts].filter((one) => one.status === 'loaded').length),
    ),
  ).toBeGreaterThan(1);
  // The parts of a fraction are placed by styles that scripts set.
  expect(
    await page
      .locator('.md .katex .vlist [style]')
      .first()
      .evaluate((one) => (one as HTMLElement).style.top),
  ).not.toBe('');
  if (existsSync(join(FOLDER, 'models.html')) || existsSync(join(FOLDER, 'models', 'index.html'))) {
    await page.goto(new URL('models', site.url).href);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
  }
  expect(complaints).toEqual([]);
});

it('runs no script that somebody writes into the page, and makes no nodes of text that passed no policy', async () => {
  injected = '<script>window.ran = true</script><img src="x" onerror="window.ran = true">';
  const fresh = await context.newPage();
  const reports: string[] = [];
  fresh.on('console', (message) => reports.push(message.text()));
  await fresh.goto(site.url);
  await fresh.getByRole('heading', { level: 1 }).waitFor();
  expect(await fresh.evaluate(() => 'ran' in window)).toBe(false);
  expect(reports.join('\n')).toMatch(/Content Security Policy/);
  const refused = await fresh.evaluate(() => {
    const attempts: [string, () => unknown][] = [
      ['html', () => (document.body.innerHTML = '<b>x</b>')],
      ['script', () => (document.createElement('script').text = 'window.ran = true')],
      ['worker', () => new Worker('data:text/javascript,0')],
      [
        'policy',
        () =>
          (
            window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
          ).trustedTypes.createPolicy('mine', {}),
      ],
    ];
    return attempts
      .filter(([, attempt]) => {
        try {
          attempt();
          return false;
        } catch {
          return true;
        }
      })
      .map(([name]) => name);
  });
  expect(refused).toEqual(['html', 'script', 'worker', 'policy']);
  expect(await fresh.evaluate(() => 'ran' in window)).toBe(false);
  injected = '';
});
