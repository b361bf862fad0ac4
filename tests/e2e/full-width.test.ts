// SOLAR's own width (4096, 32 heads in 8 groups, FFN 14336, vocabulary of 32000) in two layers: from a file on a web server
// to llama.cpp's logits. `npm run test:full-size` does the same with all 48 layers and with faults.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROMPT, readExpected, STEPS, TWO_LAYERS } from '#tests/full-size/expected.ts';
import { askLlama, judge, logprobsOf } from '#tests/full-size/judge.ts';
import { serveFile } from '#tests/full-size/serve-file.ts';
import { BLANK_PAGE, evaluateInPage, openEnginePage, openProfile } from '#tests/full-size/solar-browser.ts';
import { writeSolarModel, type SolarRecipe } from '#tests/support/gguf/solar-model.ts';
import { serveSite, type ServedSite } from '#tests/support/serve.ts';

/** Against F32 weights: two decimals more than any wrong scale, position or head would leave. Measured: 0.006. */
const EXACT_TOLERANCE = 0.02;
/**
 * Against quantised blocks, which llama.cpp multiplies with activations of 8 bits. llama.cpp's own answers on the same weights
 * in F32 are 0.12 (Q4_0) and 0.18 (Q4_K_M) away from it, 1.0 at worst, where logits spread over 4.1.
 */
const ROUNDED_DEVIATION = 0.3;
const ROUNDED_WORST = 2;

let folder: string;
let site: ServedSite;
let context: BrowserContext;
let page: Page;
const sizes = new Map<string, number>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'daylight-full-width-'));
  site = await serveSite({
    folder: process.env['SITE_FOLDER'] ?? 'build',
    intercept(request, response) {
      const path = new URL(request.url ?? '/', 'http://site').pathname;
      const sizeBytes = sizes.get(path);
      if (path === '/blank') response.writeHead(200, { 'content-type': 'text/html' }).end(BLANK_PAGE);
      else if (sizeBytes === undefined) return false;
      else serveFile(request, response, { path: join(folder, path), sizeBytes, etag: `"${sizeBytes}"` });
      return true;
    },
  });
  context = await openProfile(join(folder, 'profile'));
  page = await openEnginePage(context, `${site.url}blank`);
});

afterAll(async () => {
  await context?.close();
  await site?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

test.each<SolarRecipe>(['Q4_0', 'Q4_K_M'])('%s at full width says what llama.cpp says', async (recipe) => {
  const path = join(folder, `${recipe}.gguf`);
  sizes.set(`/${recipe}.gguf`, await writeSolarModel(path, { recipe, ...TWO_LAYERS }));
  const info = await page.evaluate(
    (gguf) => globalThis.engine.load({ gguf, contextLength: 256 }),
    `${site.url}${recipe}.gguf`,
  );
  expect(info.model).toMatchObject({ contextLength: 256, vocabularySize: 32_000 });
  const ours = await evaluateInPage(page, PROMPT, STEPS);
  await page.evaluate((key) => globalThis.engine.models.delete(key), info.model!.key);

  const expected = readExpected(recipe);
  expect(ours.ids).toEqual(expected.map((step) => step[0]![0]));
  expect(new Set(ours.ids).size).toBe(STEPS); // a model that repeats itself proves little
  const differences = expected.flatMap((step, index) => {
    const logprobs = logprobsOf(ours.logits[index]!);
    return step.map(([id, logprob]) => Math.abs(logprobs[id]! - logprob));
  });
  const exact = Math.max(...differences);
  const rounded = judge(ours, await askLlama(path, PROMPT, ours.ids));
  rmSync(path);
  console.log(
    `${recipe}: largest difference from llama.cpp on F32 weights ${exact.toFixed(4)}; on ${recipe} blocks ` +
      `${rounded.deviation.toFixed(3)}, at worst ${rounded.worst.toFixed(2)} of ${rounded.compared} numbers`,
  );
  expect(exact).toBeLessThan(EXACT_TOLERANCE);
  expect(rounded.compared).toBeGreaterThan(STEPS * 10_000);
  expect(rounded.deviation).toBeLessThan(ROUNDED_DEVIATION);
  expect(rounded.worst).toBeLessThan(ROUNDED_WORST);
});
