// The page of models as built, with the real engine: a second model is downloaded slowly while the first one answers, is paused,
// outlives a reload, takes the first one's place in the middle of a conversation, and is deleted again.
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProfile } from '#tests/full-size/solar-browser.ts';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';

const FOLDER = process.env['SITE_FOLDER'] ?? 'build';
const SMALL = 'SmolLM2-135M-Instruct';
const LARGE = 'Second-Model';
/** The bytes are the included model's, under another name and from another address; the catalog says they are more. */
const SAID_BYTES = 300_000_000;
const PATIENCE_MS = 120_000;

let site: ServedSite;
/** On disk: what a private window holds is counted otherwise when it is deleted. */
let profile: string;
let context: BrowserContext;
let page: Page;
/** Of the second model: how fast it is served, and what was. */
let bytesPerSecond = 6e6;
let servedBytes = 0;
const complaints: string[] = [];

beforeAll(async () => {
  site = await serveSite({ folder: FOLDER, intercept });
  profile = mkdtempSync(join(tmpdir(), 'daylight-models-'));
  context = await openProfile(profile);
  page = await context.newPage();
  await page.setViewportSize({ width: 1280, height: 860 });
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
});

afterAll(async () => {
  await context?.close();
  await site?.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
});

function intercept(request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname } = new URL(request.url ?? '/', 'http://site');
  if (pathname === '/catalog.json') {
    const catalog = JSON.parse(readFileSync(join(FOLDER, 'catalog.json'), 'utf8')) as { models: object[] };
    const included = catalog.models.find((model) => 'badge' in model && model.badge === 'included');
    const second = {
      ...included,
      id: 'second-model',
      name: LARGE,
      family: 'second-model',
      badge: 'recommended',
      version: 'test',
      sizeBytes: SAID_BYTES,
      sources: [{ list: 'slow/model.json' }],
      licence: { name: 'CC BY-NC 4.0', url: 'https://licence.invalid/', allowsCommercialUse: false },
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ models: [included, second] }));
    return true;
  }
  if (!pathname.startsWith('/slow/')) return false;
  const path = join(FOLDER, 'models/smollm2-135m-instruct', pathname.slice('/slow/'.length));
  if (path.endsWith('.json')) response.writeHead(200, { 'content-type': 'application/json' }).end(readFileSync(path));
  else void serveSlowly(path, request, response);
  return true;
}

async function serveSlowly(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const size = statSync(path).size;
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [start, end] = match ? [Number(match[1]), Math.min(Number(match[2]), size - 1)] : [0, size - 1];
  response.writeHead(match ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': end - start + 1,
    etag: `"${size}"`,
    ...(match ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
  });
  if (request.method === 'HEAD') return void response.end();
  for await (const chunk of createReadStream(path, { start, end }) as AsyncIterable<Buffer>) {
    if (response.destroyed) return;
    response.write(chunk);
    servedBytes += chunk.length;
    await new Promise((resolve) => setTimeout(resolve, (chunk.length / bytesPerSecond) * 1000));
  }
  response.end();
}

const field = (): Locator => page.getByRole('textbox', { name: 'Your message' });
const strip = (): Locator => page.getByRole('region', { name: `Download of ${LARGE}` });
const articles = (): Locator => page.getByRole('article');
const goTo = (name: 'Chat' | 'Models'): Promise<void> =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
const fraction = (): Promise<number> =>
  strip()
    .getByRole('progressbar')
    .evaluate((bar) => (bar as HTMLProgressElement).position);

async function ask(question: string, answers: number): Promise<void> {
  await field().fill(question);
  await field().press('Enter');
  const answer = articles()
    .filter({ hasText: 'answered' })
    .nth(answers - 1)
    .locator('.md');
  await expect.poll(async () => (await answer.allInnerTexts()).join(''), { timeout: PATIENCE_MS }).toMatch(/\w+\s+\w+/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Answer again' }).waitFor({ timeout: PATIENCE_MS });
}

describe('the page of models', () => {
  it('shows what the catalog offers, without starting the engine', async () => {
    const requested: string[] = [];
    page.on('request', (request) => requested.push(new URL(request.url()).pathname));
    await page.goto(`${site.url}models/`);
    await page.getByRole('article', { name: LARGE }).getByText('Non-commercial use only').waitFor();
    const small = page.getByRole('article', { name: SMALL });
    await small.getByText('Yes, it works here').waitFor();
    expect(requested.filter((path) => /^\/(engine|slow)\/|\.gguf/.test(path))).toEqual([]);
    page.removeAllListeners('request');
    await small.getByRole('button', { name: `Load ${SMALL}` }).click();
    await page.getByRole('heading', { name: 'Ask it something.' }).waitFor({ timeout: PATIENCE_MS });
    expect(new URL(page.url()).pathname).toBe('/');
  });

  it('says what a download means before its first byte', async () => {
    await goTo('Models');
    await page
      .getByRole('article', { name: LARGE })
      .getByRole('button', { name: `Get ${LARGE}` })
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Yes, it works here').waitFor();
    for (const text of ['300 MB', 'Non-commercial use only', `While it downloads, ${SMALL} answers.`]) {
      await dialog.getByText(text).first().waitFor();
    }
    expect(servedBytes).toBe(0);
    await dialog.getByRole('button', { name: 'Download 300 MB' }).click();
    await strip().waitFor();
  });

  it('answers while it downloads, on every page', async () => {
    await goTo('Chat');
    await strip().waitFor();
    await ask('Say something about the sun.', 1);
    await expect.poll(fraction).toBeGreaterThan(0);
    expect(await fraction()).toBeLessThan(1);
    await expect.poll(() => strip().innerText(), { timeout: 20_000 }).toMatch(/\d+ of \d+ MB\s+[\d.]+ MB\/s\s+.*left/);
  });

  it('pauses, and goes on after a reload where it was', async () => {
    // Pieces of 16 MiB are what is kept.
    await expect.poll(fraction, { timeout: 30_000 }).toBeGreaterThan(0.4);
    await strip().getByRole('button', { name: 'Pause the download' }).click();
    await strip().getByText('Paused').waitFor();
    const before = servedBytes;
    await page.waitForTimeout(1000);
    expect(servedBytes - before).toBeLessThan(2e6);

    await page.reload();
    await strip().getByRole('button', { name: 'Go on' }).waitFor({ timeout: PATIENCE_MS });
    expect(await fraction()).toBeGreaterThan(0.1);
    expect(await articles().count()).toBe(2);
    bytesPerSecond = 100e6;
    servedBytes = 0;
    await strip().getByRole('button', { name: 'Go on' }).click();
    await strip().getByText(`${LARGE} is ready.`).waitFor({ timeout: PATIENCE_MS });
    expect(servedBytes).toBeLessThan(90e6); // of 98
  });

  it('puts the new model in the old one’s place, and keeps conversation and draft', async () => {
    await field().fill('and the moon?');
    await strip().getByRole('button', { name: 'Switch to it' }).click();
    await page.getByRole('button', { name: `Choose a model: ${LARGE}` }).waitFor({ timeout: PATIENCE_MS });
    expect(await articles().count()).toBe(2);
    expect(await field().inputValue()).toBe('and the moon?');
    expect(await strip().count()).toBe(0);
    await ask('and the moon?', 2);
    expect(await articles().last().innerText()).toContain(`${LARGE} answered`);
  });

  it('checks a stored model, and frees what it deletes', async () => {
    await goTo('Models');
    await page.getByRole('button', { name: `Check ${SMALL}` }).click();
    await page.getByText(`${SMALL} is intact`).waitFor({ timeout: PATIENCE_MS });
    await page.getByRole('button', { name: `Delete ${LARGE}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    const freed = page.getByText(/^Deleted\. The browser held/);
    await freed.waitFor({ timeout: PATIENCE_MS });
    const [before, after] = [...(await freed.innerText()).matchAll(/(\d+) MB/g)].map((match) => Number(match[1]));
    expect(before! - after!).toBeGreaterThan(80);
    expect(await page.getByRole('button', { name: `Delete ${LARGE}` }).count()).toBe(0);
    await page.getByRole('button', { name: `Delete ${SMALL}` }).waitFor();
  });

  it('has thrown no error and broken no policy on the way', () => {
    expect(complaints).toEqual([]);
  });
});
