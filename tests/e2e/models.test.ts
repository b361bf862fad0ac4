// The page of models as built, with the real engine: a second model is downloaded slowly while the first one answers, outlives a lost
// network, a full disk, a pause and a reload, takes the first one's place in the middle of a conversation, answers without a network,
// is damaged and mended, copied to a folder, deleted and brought in again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, CDPSession, Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECOND_MODEL, SecondModelHost } from '#tests/e2e/second-model.ts';
import { openProfile } from '#tests/full-size/solar-browser.ts';

const SMALL = 'SmolLM2-135M-Instruct';
const { name: LARGE, variant: VARIANT } = SECOND_MODEL;
const PATIENCE_MS = 120_000;

const host = new SecondModelHost();
let url: string;
/** On disk: what a private window holds is counted otherwise when it is deleted. */
let profile: string;
let context: BrowserContext;
let page: Page;
let devTools: CDPSession;
const complaints: string[] = [];

beforeAll(async () => {
  url = await host.open();
  profile = mkdtempSync(join(tmpdir(), 'daylight-models-'));
  context = await openProfile(profile);
  page = await context.newPage();
  devTools = await context.newCDPSession(page);
  await page.setViewportSize({ width: 1280, height: 860 });
  page.setDefaultTimeout(15_000);
  // Only the browser's own dialog is left out: what it would give is a real folder, which the browser keeps for the site.
  await page.addInitScript(() => {
    const showDirectoryPicker = async (): Promise<FileSystemDirectoryHandle> =>
      (await navigator.storage.getDirectory()).getDirectoryHandle('memory-stick', { create: true });
    Object.assign(globalThis, { showDirectoryPicker });
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A network that is away is told by the browser itself.
    if (message.type() === 'error' && !/net::ERR_/.test(message.text())) complaints.push(message.text());
  });
});

afterAll(async () => {
  await context?.close();
  await host.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
});

async function setNetwork(isThere: boolean): Promise<void> {
  host.isAway = !isThere;
  await context.setOffline(!isThere);
}

/** What the browser holds for the site, and how much it allows from now on; null is what it would by itself. */
/** So long Chromium's IndexedDB goes by the room that it found last. */
const ROOM_REMEMBERED_MS = 31_000;

async function setRoom(freeBytes: number | null): Promise<void> {
  const { origin } = new URL(url);
  const { usage } = await devTools.send('Storage.getUsageAndQuota', { origin });
  await devTools.send('Storage.overrideQuotaForOrigin', {
    origin,
    ...(freeBytes === null ? {} : { quotaSize: usage + freeBytes }),
  });
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
    await page.goto(`${url}models/`);
    await page.getByRole('article', { name: LARGE }).getByText('Non-commercial use only').waitFor();
    const small = page.getByRole('article', { name: SMALL });
    await small.getByText('Yes, it works here').waitFor();
    expect(requested.filter((path) => /^\/(engine|slow)\/|\.gguf/.test(path))).toEqual([]);
    page.removeAllListeners('request');
    await small.getByRole('button', { name: /^Load/ }).click();
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
    expect(host.servedBytes).toBe(0);
    await dialog.getByRole('button', { name: 'Download 300 MB' }).click();
    await strip().waitFor();
  });

  it('answers while it downloads, on every page', async () => {
    await goTo('Chat');
    await strip().waitFor();
    await ask('Say something about the sun.', 1);
    await expect.poll(fraction, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(await fraction()).toBeLessThan(1);
    await expect
      .poll(() => strip().innerText(), { timeout: 20_000 })
      .toMatch(/\d+ of \d+ MB\s+[\d.]+ [kM]B\/s\s+.*left/);
  });

  it('says so when the network is lost, and goes on by itself when it is back', async () => {
    await setNetwork(false);
    await strip().getByText('Nothing is coming at the moment.').waitFor();
    expect(await strip().innerText()).not.toMatch(/B\/s|left/);
    const before = await fraction();
    await setNetwork(true);
    await expect.poll(fraction, { timeout: 30_000 }).toBeGreaterThan(before + 0.02);
    expect(await strip().getByText('Nothing is coming').count()).toBe(0);
  });

  it('loses nothing when the disk runs full, tells what is missing, and goes on when there is room', async () => {
    await expect.poll(fraction, { timeout: 30_000 }).toBeGreaterThan(0.25);
    host.bytesPerSecond = 0.1e6; // until the room is counted and set
    await setRoom(2e6);
    await page.waitForTimeout(ROOM_REMEMBERED_MS);
    host.bytesPerSecond = 6e6;
    const told = strip().getByRole('alert');
    await told.filter({ hasText: /needs \d+ MB more, and [\d.]+ \w+ are free/ }).waitFor({ timeout: 30_000 });
    await strip().getByRole('button', { name: 'Manage stored models' }).waitFor();
    const before = await fraction();
    expect(before).toBeGreaterThan(0.15);
    host.bytesPerSecond = 0.75e6;
    await setRoom(null);
    await strip().getByRole('button', { name: 'Try again' }).click();
    await expect.poll(fraction, { timeout: 30_000 }).toBeGreaterThan(before);
  });

  it('pauses, and goes on after a reload where it was', async () => {
    // Pieces of 16 MiB are what is kept.
    await expect.poll(fraction, { timeout: 30_000 }).toBeGreaterThan(0.4);
    await strip().getByRole('button', { name: 'Pause the download' }).click();
    await strip().getByText('Paused').waitFor();
    const before = host.servedBytes;
    await page.waitForTimeout(1000);
    expect(host.servedBytes - before).toBeLessThan(2e6);

    await page.reload();
    await strip().getByText(VARIANT).waitFor({ timeout: PATIENCE_MS });
    await strip().getByRole('button', { name: 'Go on' }).waitFor({ timeout: PATIENCE_MS });
    expect(await fraction()).toBeGreaterThan(0.1);
    expect(await articles().count()).toBe(2);
    host.bytesPerSecond = 100e6;
    host.servedBytes = 0;
    await strip().getByRole('button', { name: 'Go on' }).click();
    await strip().getByText(`${VARIANT} is ready.`).waitFor({ timeout: PATIENCE_MS });
    expect(host.servedBytes).toBeLessThan(90e6); // of 98
  });

  it('puts the new model in the old one’s place, and keeps conversation and draft', async () => {
    await field().fill('and the moon?');
    await strip().getByRole('button', { name: 'Switch to it' }).click();
    await page.getByRole('button', { name: `Choose a model: ${VARIANT}` }).waitFor({ timeout: PATIENCE_MS });
    expect(await articles().count()).toBe(2);
    expect(await field().inputValue()).toBe('and the moon?');
    expect(await strip().count()).toBe(0);
    await ask('and the moon?', 2);
    expect(await articles().last().innerText()).toContain(`${VARIANT} answered`);
  });

  it('answers without the network, from what it kept', async () => {
    await setNetwork(false);
    await page.reload();
    await page.getByRole('button', { name: `Load ${VARIANT}` }).click();
    await page.getByRole('button', { name: `Choose a model: ${VARIANT}` }).waitFor({ timeout: PATIENCE_MS });
    await ask('Is the moon far away?', 3);
    await setNetwork(true);
  });

  it('checks a stored model, and fetches no more than its damaged piece', async () => {
    await goTo('Models');
    await page.getByRole('button', { name: `Check ${SMALL}` }).click();
    await page.getByText(`${SMALL} is intact`).waitFor({ timeout: PATIENCE_MS });

    await page.evaluate(damageOneChunk, 'second-model');
    await page.getByRole('button', { name: `Check ${VARIANT}` }).click();
    await page.getByText(`${VARIANT} is damaged`).waitFor({ timeout: PATIENCE_MS });
    host.servedBytes = 0;
    await page.getByRole('button', { name: 'Fetch the damaged pieces' }).click();
    await page.getByText(`${VARIANT} is whole again.`).waitFor({ timeout: PATIENCE_MS });
    expect(host.servedBytes).toBeLessThan(0.25 * SECOND_MODEL.realBytes);
    await page.getByRole('button', { name: `Check ${VARIANT}` }).click();
    await page.getByText(`${VARIANT} is intact`).waitFor({ timeout: PATIENCE_MS });
  });

  it('copies a stored model to a folder, and frees what it deletes', async () => {
    await page.getByRole('button', { name: `Copy ${VARIANT} to a folder` }).click();
    await page.getByText(`${VARIANT} is in the folder`).waitFor({ timeout: PATIENCE_MS });
    await page.getByRole('button', { name: `Delete ${VARIANT}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    const freed = page.getByText(/^Deleted\. The browser held/);
    await freed.waitFor({ timeout: PATIENCE_MS });
    const [before, after] = [...(await freed.innerText()).matchAll(/(\d+) MB/g)].map((match) => Number(match[1]));
    expect(before! - after!).toBeGreaterThan(80);
    expect(await page.getByRole('button', { name: `Delete ${VARIANT}` }).count()).toBe(0);
    await page.getByRole('button', { name: `Delete ${SMALL}` }).waitFor();
  });

  it('brings the folder in again without a download, and loads it', async () => {
    host.servedBytes = 0;
    await page.getByRole('button', { name: 'Bring in a folder' }).click();
    await page.getByText(`${VARIANT} is stored on this device now`).waitFor({ timeout: PATIENCE_MS });
    const stored = page.getByRole('region', { name: 'Stored on this device' });
    await stored.getByRole('button', { name: `Load ${VARIANT}` }).click();
    await page.getByRole('button', { name: `Choose a model: ${VARIANT}` }).waitFor({ timeout: PATIENCE_MS });
    expect(host.servedBytes).toBe(0);
  });

  it('has thrown no error and broken no policy on the way', () => {
    expect(complaints).toEqual([]);
  });
});

/** In the page: turns one bit of one stored piece of a model's weights. */
async function damageOneChunk(nameOfKey: string): Promise<void> {
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error as Error);
    });
  const db = await done(indexedDB.open('daylight-weights'));
  const keys = (await done(db.transaction('chunks').objectStore('chunks').getAllKeys())) as [string, string, number][];
  const key = keys.filter(([model, path]) => model.startsWith(nameOfKey) && path.endsWith('.bin'))[1]!;
  const blob = (await done(db.transaction('chunks').objectStore('chunks').get(key))) as Blob;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  bytes[1000]! ^= 1;
  await done(
    db
      .transaction('chunks', 'readwrite')
      .objectStore('chunks')
      .put(new Blob([bytes]), key),
  );
  db.close();
}
