// The built site in another language than English: before it comes alive, while it is switched, and after a reload.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';
import { launchChromium } from '#tests/support/chromium.ts';

let site: ServedSite;
let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  site = await serveSite({ folder: process.env['SITE_FOLDER'] ?? 'build' });
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function visit(path: string, locale: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(`${site.url}${path}`);
  return page;
}

const language = (page: Page): Promise<string> =>
  page.evaluate(() => `${document.documentElement.lang} ${document.documentElement.dir}`);

it('mirrors for Arabic, switches without a reload, and keeps the choice', async () => {
  const page = await visit('', 'ar-EG');
  await page.getByRole('heading', { name: 'نموذج لغوي يسكن متصفحك.' }).waitFor();
  expect(await language(page)).toBe('ar rtl');
  expect(await page.title()).toContain('نموذج لغوي');
  const menu = page.getByRole('combobox', { name: 'اللغة' });
  const mark = page.getByRole('button', { name: 'المحادثات' });
  expect((await mark.boundingBox())!.x).toBeGreaterThan((await menu.boundingBox())!.x); // the beginning is on the right
  await page.evaluate(() => Object.assign(globalThis, { untouched: true }));

  await menu.selectOption('de');
  await page.getByRole('heading', { name: 'Ein Sprachmodell, das in Ihrem Browser zu Hause ist.' }).waitFor();
  expect(await language(page)).toBe('de ltr');
  expect(await page.title()).toContain('Sprachmodell');
  expect(await page.locator('meta[name="description"]').getAttribute('content')).toContain('Kein Server');
  expect(await page.evaluate(() => 'untouched' in globalThis)).toBe(true);

  await page.reload();
  await page.getByRole('heading', { name: 'Ein Sprachmodell, das in Ihrem Browser zu Hause ist.' }).waitFor();
  expect(await language(page)).toBe('de ltr');

  await page.getByRole('combobox', { name: 'Sprache' }).selectOption('ar');
  await page.getByRole('heading', { name: 'نموذج لغوي يسكن متصفحك.' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.context().close();
});

it('never shows the English page to somebody who reads another language', async () => {
  const context = await browser.newContext({ locale: 'ko-KR' });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(globalThis, { seen });
    const look = (): void => {
      const heading = document.querySelector('h1');
      if (heading && getComputedStyle(heading).visibility === 'visible') seen.push(heading.textContent ?? '');
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(site.url);
  await page.getByRole('heading', { name: '브라우저 안에 사는 언어 모델.' }).waitFor();
  const seen = await page.evaluate(() => (globalThis as typeof globalThis & { seen: string[] }).seen);
  expect([...new Set(seen)].filter((text) => /language/.test(text))).toEqual([]);
  await context.close();
});

it('fetches no language but the one that is shown', async () => {
  const context = await browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  const texts: Promise<string>[] = [];
  page.on('response', (response) => {
    if (response.url().endsWith('.js')) texts.push(response.text());
  });
  await page.goto(`${site.url}?lang=fr`);
  await page.getByRole('heading', { name: 'Un modèle de langue qui vit dans votre navigateur.' }).waitFor();
  const script = (await Promise.all(texts)).join('\n');
  expect(script).toContain('Un modèle de langue qui vit dans votre navigateur.');
  expect(script).not.toContain('Ein Sprachmodell, das in Ihrem Browser');
  await context.close();
});

it('goes on in English where the words of a language cannot be fetched', async () => {
  const context = await browser.newContext({ locale: 'de-DE' });
  const page = await context.newPage();
  await page.route('**/*.js', async (route) => {
    const response = await route.fetch();
    if ((await response.text()).includes('Ein Sprachmodell, das in Ihrem Browser')) await route.abort();
    else await route.fulfill({ response });
  });
  await page.goto(site.url);
  await page.getByRole('heading', { name: 'A language model that lives in your browser.' }).waitFor();
  await expect.poll(() => language(page)).toBe('en ltr');
  await context.close();
});

it('does all of this without an error', () => {
  expect(complaints).toEqual([]);
});
