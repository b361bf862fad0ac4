// The chat page as built, with the real engine and the site's own model: from a first visit to an answer without a network.
import type { Browser, BrowserContext, Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '#tests/support/chromium.ts';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';

/** The site must work wherever it lies. */
const FOLDER = '/some/where/';
const MODEL = 'SmolLM2-135M-Instruct';
/** The software adapter shares its processor with everything else that runs. */
const PATIENCE_MS = 240_000;

let site: ServedSite;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const requests: string[] = [];
/** What no visit may cause: script errors, blocked resources, requests that fail. */
const complaints: string[] = [];

beforeAll(async () => {
  site = await serveSite({
    folder: process.env['SITE_FOLDER'] ?? 'build',
    intercept(request, response) {
      const url = request.url ?? '';
      requests.push(url.replace(FOLDER, ''));
      if (!url.startsWith(FOLDER)) {
        response.writeHead(404).end();
        return true;
      }
      request.url = url.slice(FOLDER.length - 1);
      return false;
    },
  });
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => {
    const { errorText } = request.failure() ?? { errorText: '' };
    // A reload ends what the page before it was still fetching.
    if (errorText !== 'net::ERR_ABORTED') complaints.push(`${request.url()} failed: ${errorText}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(site.url.replace(/\/$/, FOLDER));
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const field = (): Locator => page.getByRole('textbox', { name: 'Your message' });
const answers = (): Locator => page.getByRole('article').filter({ hasText: `${MODEL} answered` });
const lastAnswer = async (): Promise<string> => (await answers().last().locator('.md').allInnerTexts()).join('').trim();

/** Waits for the first words of the last answer. */
async function someWords(): Promise<string> {
  await expect.poll(lastAnswer, { timeout: PATIENCE_MS }).toMatch(/\w+\s+\w+/);
  return lastAnswer();
}

async function stopped(): Promise<void> {
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Answer again' }).waitFor({ timeout: PATIENCE_MS });
}

describe('a first visit', () => {
  it('downloads neither the engine nor a model before a click', async () => {
    await page.getByRole('heading', { level: 1, name: 'A language model that lives in your browser.' }).waitFor();
    await page.getByRole('button', { name: 'Load and chat' }).waitFor();
    await page.waitForLoadState('networkidle');
    expect(requests.filter((path) => /^(models|engine)\/|sdk/.test(path))).toEqual([]);
  });

  it('leads the keyboard over a skip link to what matters', async () => {
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe('Skip to the conversation');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe('Load and chat');
  });

  it.each([1280, 390, 320])('needs no sideways scrolling at %d pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await page.locator('details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

describe('with the site’s own model', () => {
  it('loads, streams an answer and stops it on Escape, keeping what was written', async () => {
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.getByRole('button', { name: 'Load and chat' }).click();
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    await page.getByRole('heading', { name: 'Ask it something.' }).waitFor({ timeout: PATIENCE_MS });
    await field().fill('Tell me a long story about the sun.');
    await field().press('Enter');
    const words = await someWords();
    await stopped();
    expect(await lastAnswer()).toContain(words);
    await page.getByText('You stopped this answer.').waitFor();
    for (const name of ['Writing', 'Reading', 'First word after']) {
      expect(await answers().last().getByText(name, { exact: true }).count()).toBe(1);
    }
  });

  it('goes on with the conversation after a reload without any network', async () => {
    const before = await lastAnswer();
    await field().fill('not sent yet');
    await expect
      .poll(() => page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state))
      .toBe('activated');
    await page.waitForTimeout(1000); // the draft is saved within this
    await site.close();
    await page.reload();

    await expect.poll(lastAnswer).toBe(before);
    expect(await field().inputValue()).toBe('not sent yet');
    await page.getByRole('button', { name: `Load ${MODEL}` }).click();
    await page.getByRole('button', { name: 'Answer again' }).waitFor({ timeout: PATIENCE_MS });
    await field().fill('And about the moon?');
    await field().press('Enter');
    await expect.poll(() => answers().count()).toBe(2);
    await someWords();
    await stopped();
    expect(await page.getByRole('article').count()).toBe(4);
  });

  it('keeps the whole conversation, still without a network', async () => {
    const last = await lastAnswer();
    await page.reload();
    await expect.poll(() => answers().count()).toBe(2);
    await expect.poll(lastAnswer).toBe(last);
    expect(await page.getByRole('button', { name: 'Tell me a long story about the sun.', exact: true }).count()).toBe(
      1,
    );
  });

  it('has broken no policy, thrown no error and missed no file on the way', () => {
    expect(complaints).toEqual([]);
  });
});
