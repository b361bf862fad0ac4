// What a browser reads before it offers to install the site: the manifest and its icons, from both pages.
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '#tests/support/chromium.ts';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';

type Manifest = { name: string; start_url: string; icons: { src: string; sizes: string; purpose?: string }[] };

let site: ServedSite;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  site = await serveSite({ folder: process.env['SITE_FOLDER'] ?? 'build' });
  browser = await launchChromium();
  page = await (await browser.newContext()).newPage();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

it.each(['', 'models'])('the browser finds no fault with the manifest of /%s', async (path) => {
  await page.goto(site.url + path);
  const cdp = await page.context().newCDPSession(page);
  const { url, errors, data } = await cdp.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect(url).toBe(`${site.url}manifest.webmanifest`);
  const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors');
  // Private windows, which tests run in, install nothing.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
  const { name, start_url, icons } = JSON.parse(data ?? '') as Manifest;
  expect([name, new URL(start_url, url).href]).toEqual(['Daylight', site.url]);
  expect(icons.map(({ purpose }) => purpose ?? 'any')).toContain('maskable');
  for (const { src, sizes } of icons) {
    const size = await page.evaluate(async (icon) => {
      const bitmap = await createImageBitmap(await (await fetch(icon)).blob());
      return `${bitmap.width}x${bitmap.height}`;
    }, new URL(src, url).href);
    expect(size).toBe(sizes);
  }
});
