// The pages as built in a browser that gives them no graphics card: both say why and what to do there, and the offer to compute on
// the processor is taken to an answer.
import type { Browser, BrowserContext, Page } from 'playwright';
import { chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/chromium.mjs';

const SMALL = 'SmolLM2-135M-Instruct';
const SOLAR = 'SOLAR-10.7B-Instruct';
const PATIENCE_MS = 120_000;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

let site: ServedSite;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const requested: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  site = await serveSite({
    folder: process.env['SITE_FOLDER'] ?? 'build',
    intercept(request) {
      requested.push(request.url ?? '');
      return false;
    },
  });
  const executablePath = findChromium();
  const args = CHROMIUM_FLAGS.filter((flag) => !/webgpu|vulkan/i.test(flag));
  browser = await chromium.launch({ headless: true, args, ...(executablePath ? { executablePath } : {}) });
  context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

describe('without a graphics card', () => {
  it('both pages say why, and how to turn WebGPU on in this browser and system', async () => {
    for (const path of ['', 'models/']) {
      await page.goto(site.url + path);
      const notice = page.getByRole('region', { name: 'This browser cannot run the model' });
      await notice.getByText('This browser has WebGPU, but gave the page no graphics card to use.').waitFor();
      await notice.getByText(/On Linux, open chrome:\/\/flags .* switch on “Unsafe WebGPU Support”/).waitFor();
      await notice.getByRole('button', { name: 'Run the small model on the processor' }).waitFor();
    }
    const verdict = page.getByRole('article', { name: SOLAR }).getByRole('group', { name: 'Will it work here?' });
    await verdict.getByText('This browser has WebGPU, but gave the page no graphics card to use.').waitFor();
    await verdict.getByText(/On Linux, open chrome:\/\/flags/).waitFor();
    expect(await page.getByRole('button', { name: `Get ${SOLAR}` }).count()).toBe(0);
    const small = page.getByRole('article', { name: SMALL });
    await small.getByText('Yes, on the processor').waitFor();
    expect(requested.filter((url) => /\/engine\/|\.gguf/.test(url))).toEqual([]);
  });

  it('a browser without WebGPU is told so, with its own advice', async () => {
    const other = await browser.newContext({ userAgent: FIREFOX });
    await other.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'));
    const there = await other.newPage();
    await there.goto(`${site.url}models/`);
    const verdict = there.getByRole('article', { name: SOLAR }).getByRole('group', { name: 'Will it work here?' });
    await verdict.getByText('and this browser does not offer it').waitFor();
    await verdict.getByText(/^Firefox has WebGPU from version 141/).waitFor();
    await other.close();
  });

  it('the offer is taken on the page of models, and an answer comes in the chat', async () => {
    const solar = page.getByRole('article', { name: SOLAR });
    await solar.getByRole('button', { name: `Use ${SMALL} instead` }).click();
    await page.getByRole('heading', { name: 'Ask it something.' }).waitFor({ timeout: PATIENCE_MS });
    await page.getByText('computes on the processor instead').waitFor();
    const field = page.getByRole('textbox', { name: 'Your message' });
    await field.fill('The capital of France? One word.');
    await field.press('Enter');
    const answer = page.getByRole('article').filter({ hasText: 'answered' }).locator('.md');
    // What it says is sampled; that the processor computes what llama.cpp does is cpu.test.ts's to show.
    await expect
      .poll(async () => (await answer.allInnerTexts()).join(''), { timeout: PATIENCE_MS })
      .toMatch(/\p{L}{2}/u);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Answer again' }).waitFor({ timeout: PATIENCE_MS });
    expect(requested.some((url) => url.includes('cpu.worker.js'))).toBe(true);
  });

  it('a later visit goes on with the processor, without asking and without a download', async () => {
    requested.length = 0;
    await page.reload();
    await page.getByText(`${SMALL} is on this device, but not loaded.`).waitFor();
    expect(await page.getByText('This browser cannot run the model').count()).toBe(0);
    await page.getByRole('button', { name: `Load ${SMALL}` }).click();
    await page.getByRole('button', { name: `Choose a model: ${SMALL}` }).waitFor({ timeout: PATIENCE_MS });
    expect(requested.filter((url) => url.includes('.gguf'))).toEqual([]);
  });

  it('no error was thrown and no policy broken on the way', () => {
    expect(complaints).toEqual([]);
  });
});
