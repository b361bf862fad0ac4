// Files on the page as built: a real PDF, DOCX and CSV are read in the real worker, sent to the real model, and read again
// where there is no network, by readers that were never used before.
import type { Browser, Locator, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '#tests/support/chromium.ts';
import { docxFile, heading, paragraph } from '#tests/support/documents/docx.ts';
import { makePdf, textLines } from '#tests/support/documents/pdf.ts';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';

const PATIENCE_MS = 240_000;
let site: ServedSite;
let browser: Browser;
let page: Page;
const requests: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  site = await serveSite({
    folder: process.env['SITE_FOLDER'] ?? 'build',
    intercept(request) {
      requests.push(request.url ?? '');
      return false;
    },
  });
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(site.url);
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const field = (): Locator => page.getByRole('textbox', { name: 'Your message' });
const files = (): Locator => page.getByRole('list', { name: 'Attached files' });
const upload = async (name: string, bytes: Uint8Array) => ({ name, mimeType: '', buffer: Buffer.from(bytes) });

/** Chooses files as the button does. */
async function choose(...chosen: Awaited<ReturnType<typeof upload>>[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Attach files' }).click();
  await (await chooser).setFiles(chosen);
}

const pdf = (...pages: string[]) => upload('lamps.pdf', makePdf({ pages: pages.map((text) => textLines([text])) }));
const docx = async (title: string, words: string) => {
  const file = await docxFile(heading(title) + paragraph(words));
  return upload('letter.docx', new Uint8Array(await file.arrayBuffer()));
};

it('reads a PDF, a table and a refused file, and shows what the model is given, page by page', async () => {
  await page.getByRole('button', { name: 'Load and chat' }).click();
  await field().waitFor();
  const csv = await upload('cities.csv', new TextEncoder().encode('City,People\nCairo,10\nBerlin,4\n'));
  const scan = await upload('scan.pdf', makePdf({ pages: ['', ''] }));
  await choose(await pdf('The blue lamp costs nine euros.', 'The red lamp costs four euros.'), csv, scan);
  await page.getByRole('button', { name: 'Show the text of lamps.pdf, 2 pages' }).click({ timeout: 30_000 });
  const dialog = page.getByRole('dialog', { name: 'lamps.pdf' });
  await dialog.getByRole('heading', { name: 'Page 2' }).waitFor();
  expect(await dialog.getByRole('region').innerText()).toContain('The red lamp costs four euros.');
  await page.keyboard.press('Escape');
  await files().getByText('cities.csv').waitFor();
  await files().getByRole('alert').filter({ hasText: 'scan.pdf' }).waitFor();
});

it('keeps the files of a draft over a reload', async () => {
  // Registered with the first model that is loaded; from the reload on it answers for this page.
  await expect
    .poll(() => page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state), { timeout: 60_000 })
    .toBe('activated');
  // The readers are kept by now; a hundred character maps that no PDF has named are not.
  expect(requests.some((url) => url.includes('document.worker'))).toBe(true);
  expect(requests.filter((url) => url.includes('.bcmap'))).toEqual([]);
  await page.reload();
  await page.getByRole('button', { name: 'Show the text of cities.csv' }).waitFor();
  expect(await files().getByRole('listitem').count()).toBe(2);
  await page.getByRole('button', { name: 'Remove cities.csv' }).click();
  await expect.poll(() => files().getByRole('listitem').count()).toBe(1);
});

it('reads a first Word document without a network, and the model is given both', async () => {
  await page.getByRole('button', { name: 'Load and chat' }).click();
  await page.getByRole('heading', { name: 'Ask it something.' }).waitFor({ timeout: PATIENCE_MS });
  await site.close();
  await choose(await docx('A letter', 'The green lamp costs two euros.'));
  await page.getByRole('button', { name: 'Show the text of letter.docx' }).waitFor({ timeout: 30_000 });

  await field().fill('Which lamps are there?');
  await page.getByRole('button', { name: 'Send' }).click();
  const question = page.getByRole('article').filter({ hasText: 'You said' });
  await question.getByText('lamps.pdf').waitFor({ timeout: PATIENCE_MS });
  await question.getByText('letter.docx').waitFor();
  expect(await field().inputValue()).toBe('');
  await expect
    .poll(async () => (await page.locator('.md').allInnerTexts()).join(''), { timeout: PATIENCE_MS })
    .toMatch(/\w+/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Answer again' }).waitFor({ timeout: PATIENCE_MS });
  await question.getByRole('button', { name: /letter\.docx/ }).click();
  await page.getByRole('dialog').getByText('The green lamp costs two euros.').waitFor();
});

it('has broken no policy and thrown no error on the way', () => {
  // A closed server is what a missing network looks like.
  expect(complaints.filter((text) => !text.includes('net::ERR_CONNECTION_REFUSED'))).toEqual([]);
});
