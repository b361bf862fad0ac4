// Conversations on the page as built, without a model: two tabs, the search, an import and an export by a real download.
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWebUiChat } from '#tests/support/chat/exports.ts';
import { launchChromium } from '#tests/support/chromium.ts';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';

let site: ServedSite;
let browser: Browser;
let context: BrowserContext;
let one: Page;
let other: Page;
const complaints: string[] = [];

async function newTab(): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(site.url);
  await page.getByRole('button', { name: 'Export and import' }).waitFor();
  return page;
}

beforeAll(async () => {
  site = await serveSite({ folder: process.env['SITE_FOLDER'] ?? 'build' });
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: 1280, height: 860 }, acceptDownloads: true });
  one = await newTab();
  other = await newTab();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const SAID = [
  { id: 'q', parent: null, role: 'user', text: 'Why is the sea salty?' },
  {
    id: 'a',
    parent: 'q',
    role: 'assistant',
    text: 'Rivers carry **minerals** into it. <script>document.title = "x"</script>',
  },
  { id: 'b', parent: 'q', role: 'assistant', text: 'Rain dissolves rocks.' },
];

it('brings in another program’s conversations, and the other tab shows them', async () => {
  const file = Buffer.from(JSON.stringify([openWebUiChat('x', 'Salt water', SAID)]));
  await one.getByRole('button', { name: 'Export and import' }).click();
  await one
    .locator('input[type=file]')
    .last()
    .setInputFiles({ name: 'chats.json', mimeType: 'application/json', buffer: file });
  await one.getByText('1 conversation came in.').waitFor();
  await one.keyboard.press('Escape');
  await other.getByRole('button', { name: 'Salt water', exact: true }).waitFor();
});

it('finds a message in the other tab and shows it on its branch', async () => {
  await other.getByRole('searchbox', { name: 'Search conversations' }).fill('mineral');
  await other.locator('mark', { hasText: 'minerals' }).waitFor();
  await other.getByRole('button', { name: /^Salt water/ }).click();
  await other.getByText('Rivers carry').last().waitFor();
  await other.getByRole('group', { name: 'Versions of this message' }).getByText('1 of 2').waitFor();
  await other.getByRole('button', { name: 'Next version' }).click();
  await other.getByRole('article').getByText('Rain dissolves rocks.').waitFor();
  expect(await other.locator(':focus').getAttribute('aria-label')).toBe('Previous version');
});

it('takes over a new name from the other tab', async () => {
  await other.getByRole('searchbox', { name: 'Search conversations' }).fill('');
  await other.getByRole('button', { name: 'More for “Salt water”' }).click();
  await other.getByRole('button', { name: 'Rename' }).click();
  await other.keyboard.type('The salty sea');
  await other.keyboard.press('Enter');
  await one.getByRole('button', { name: 'The salty sea', exact: true }).waitFor();
});

it('saves a page that shows the conversation without script or network', async () => {
  await one.getByRole('button', { name: 'Export and import' }).click();
  const saving = one.waitForEvent('download');
  await one.getByRole('button', { name: 'One HTML page, to read and print' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe('Daylight.html');
  const html = await readFile((await saved.path())!, 'utf8');
  const reader = await (await browser.newContext({ offline: true })).newPage();
  const requests: string[] = [];
  reader.on('request', (request) => requests.push(request.url()));
  await reader.setContent(html);
  await reader.getByRole('heading', { level: 1, name: 'The salty sea' }).waitFor();
  await reader.getByText('Rain dissolves rocks.').waitFor();
  expect(await reader.title()).toBe('Daylight');
  expect(requests).toEqual([]);
  await reader.context().close();
});

it('has broken no policy and thrown no error', () => {
  expect(complaints).toEqual([]);
});
