// A headless Chromium with its profile on the disk, as a person has it: gigabytes are really stored, and a browser that was
// killed finds them again.
import { chromium, type BrowserContext, type Page } from 'playwright';
import type { Engine } from '#engine/client/engine.ts';
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/chromium.mjs';

declare global {
  // The page's one engine, kept between evaluations.
  var engine: Engine;
}

export const BLANK_PAGE = `<!doctype html><title>Blank</title>
<script type="module">
  import { connect } from '/sdk.js';
  globalThis.engine = await connect();
</script>`;

/** Opens a browser on this profile. */
export function openProfile(folder: string): Promise<BrowserContext> {
  const executablePath = findChromium();
  return chromium.launchPersistentContext(folder, {
    headless: true,
    args: [...CHROMIUM_FLAGS],
    ...(executablePath ? { executablePath } : {}),
  });
}

/** A page with a connected engine. */
export async function openEnginePage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(0); // the caller's test has a limit of its own
  await page.goto(url, { timeout: 30_000 });
  await page.waitForFunction(() => 'engine' in globalThis, undefined, { timeout: 30_000 });
  return page;
}

/** Greedy ids and their logits, read from the page as bytes: a vocabulary of numbers as text takes longer than computing it. */
export async function evaluateInPage(
  page: Page,
  prompt: readonly number[],
  count: number,
): Promise<{ ids: number[]; logits: Float32Array[] }> {
  const { ids, texts } = await page.evaluate(
    async ({ prompt, count }) => {
      const { ids, logits } = await globalThis.engine.evaluate(prompt, { count });
      const texts = logits.map((step) => {
        let text = '';
        for (const byte of new Uint8Array(step.buffer)) text += String.fromCharCode(byte);
        return btoa(text);
      });
      return { ids, texts };
    },
    { prompt: [...prompt], count },
  );
  return { ids, logits: texts.map((text) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)) };
}
