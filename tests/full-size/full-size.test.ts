// SOLAR's whole shape from a file on a web server to llama.cpp's logits, with an import that is interrupted in every way.
// By hand: `npm run test:full-size`. LAYERS, RECIPES, FULL_SIZE_FOLDER and KEEP change what it does (README).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROMPT, STEPS, TWO_LAYERS, writeExpected } from '#tests/full-size/expected.ts';
import { FAULTS, FaultyImport } from '#tests/full-size/faulty-import.ts';
import { askLlama, judge } from '#tests/full-size/judge.ts';
import { watchMemory, type MemoryPeaks } from '#tests/full-size/memory.ts';
import { importPlainly } from '#tests/full-size/plain-import.ts';
import { evaluateInPage } from '#tests/full-size/solar-browser.ts';
import { startWeightServer } from '#tests/full-size/weight-server.ts';
import { writeSolarModel, type SolarRecipe } from '#tests/support/gguf/solar-model.ts';

const { seed } = TWO_LAYERS;
const LAYERS = Number(process.env['LAYERS'] ?? 48);
const RECIPES = (process.env['RECIPES'] ?? 'Q4_0 Q4_K_M').split(/[\s,]+/) as SolarRecipe[];
const SITE = process.env['SITE_FOLDER'] ?? 'build';
/** Above this the same weights in F32, for a judge without rounding of its own, take more memory than a machine may have: 8 GB here. */
const MOST_EXACT_LAYERS = 8;
/** Against F32 weights: see tests/e2e/full-width.test.ts. */
const EXACT_TOLERANCE = 0.03;
/**
 * Root mean square difference from llama.cpp on the same blocks, as a part of the logits' spread. Its 8-bit activations alone make
 * 0.031 (Q4_0) and 0.045 (Q4_K_M) in two layers, and rounding errors add up as a random walk: Q4_0 gave 0.059 in 8 layers and
 * 0.160 in 48. A wrong scale, position or head makes 1 and more.
 */
const ROUNDED_PART = 0.055 * Math.sqrt(LAYERS / 2);

/** Of a page with its workers, while it imports. */
const MAX_PAGE_BYTES = 400 * 1024 * 1024;

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
const memoryText = ({ total, pages, largestPage, gpu }: MemoryPeaks) =>
  `memory at most ${mb(total)} (pages and their workers ${mb(pages)}, the largest one ${mb(largestPage)}, GPU process ${mb(gpu)})`;

function diskBytes(folder: string): number {
  return Number(execFileSync('du', ['-s', '--block-size=1', folder], { encoding: 'utf8' }).split('\t')[0]);
}

const given = process.env['FULL_SIZE_FOLDER'];
const folder = given ?? mkdtempSync(join(tmpdir(), 'daylight-full-size-'));
mkdirSync(folder, { recursive: true });

test.each(RECIPES)(`%s with ${LAYERS} layers`, async (recipe) => {
  let lapMs = Date.now();
  const say = (line: string) => console.log(`[${recipe}] ${line}`);
  const lap = () => {
    const seconds = (Date.now() - lapMs) / 1000;
    lapMs = Date.now();
    return `${seconds.toFixed(1)} s`;
  };
  const path = join(folder, `solar-${LAYERS}-${recipe}.gguf`);
  const profile = join(folder, `profile-${recipe}`);
  rmSync(profile, { recursive: true, force: true });
  if (process.env['KEEP'] === undefined || !existsSync(path)) {
    await writeSolarModel(path, { recipe, layers: LAYERS, seed });
    say(`written: ${lap()}`);
  }
  const sizeBytes = statSync(path).size;
  const file = { path, sizeBytes, etag: `"${recipe} ${LAYERS}"` };
  for (const kind of ['url', 'file'] as const) {
    const { elapsedMs, peaks } = await importPlainly(kind, { siteFolder: SITE, file, profile });
    const rate = `${mb(sizeBytes / (elapsedMs / 1000))}/s`;
    say(`imported undisturbed from a ${kind}: ${(elapsedMs / 1000).toFixed(1)} s, ${rate}; ${memoryText(peaks)}`);
    expect(peaks.largestPage).toBeLessThan(MAX_PAGE_BYTES);
  }
  lap();
  const server = await startWeightServer(SITE, file);
  const memory = watchMemory(profile);
  let run: FaultyImport | null = null;
  try {
    run = await FaultyImport.open(server, profile);
    say(`${sizeBytes} bytes; ${run.context.browser()?.version() ?? 'Chromium'}`);

    const { key, struck } = await run.run(FAULTS, say);
    say(`imported through ${struck} faults: ${lap()}, ${mb(server.sentBytes)} sent; ${memoryText(memory.take())}`);
    if (LAYERS >= 24) expect(struck).toBe(FAULTS.length);
    say(`disk: profile ${mb(diskBytes(profile))}`);
    const [model] = await run.page.evaluate(() => globalThis.engine.models.list());
    expect(model).toMatchObject({ key, state: 'complete' });

    const verified = await run.page.evaluate((one) => globalThis.engine.models.verify(one), key);
    expect(verified).toMatchObject({ intact: true, damaged: [] });
    say(`verified: ${lap()}, ${mb(verified.checkedBytes)}; ${memoryText(memory.take())}`);

    const damaged = await damageOneChunk(run, key);
    const sentBefore = server.sentBytes;
    const load = await run.page.evaluate(async (gguf) => {
      const stages: Record<string, number> = {};
      let last = performance.now();
      let current = 'start';
      const info = await globalThis.engine.load({
        gguf,
        contextLength: 512,
        onProgress({ stage }) {
          const now = performance.now();
          stages[current] = (stages[current] ?? 0) + now - last;
          last = now;
          current = stage;
        },
      });
      stages[current] = (stages[current] ?? 0) + performance.now() - last;
      const { store } = await globalThis.engine.stats();
      return { info, stages, readBytes: store.bytesRead };
    }, server.weightUrl);
    const fetched = server.sentBytes - sentBefore;
    const stages = Object.entries(load.stages).map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(1)}`);
    say(
      `fault ${FAULTS.length + 1}: ${damaged.path} ${damaged.index} damaged in the store, ${mb(fetched)} fetched again`,
    );
    say(`loaded: ${lap()} (${stages.join(', ')}), ${mb(load.readBytes)} read; ${memoryText(memory.take())}`);
    say(`self-test ${JSON.stringify(load.info.model!.selfTest)}, GPU ${mb(load.info.memory.gpuBytes)}`);
    expect(fetched).toBeGreaterThanOrEqual(damaged.sizeBytes / 2);
    expect(fetched).toBeLessThan(damaged.sizeBytes + 4e6);

    const chat = await run.page.evaluate(async () => {
      const messages = [{ role: 'user' as const, content: 'Hello' }];
      const answer = await globalThis.engine.chat.completions.create({ messages, max_tokens: 4, ignore_eos: true });
      return { usage: answer.usage!, stats: globalThis.engine.lastGeneration! };
    });
    // WebLLM's usage leaves the token at the beginning out.
    expect(chat.usage).toMatchObject({ prompt_tokens: PROMPT.length - 1, completion_tokens: 4 });
    expect(chat.stats.promptTokens).toBe(PROMPT.length);
    const { prefillTokensPerSecond, decodeTokensPerSecond } = chat.stats;
    say(`chat: ${lap()}; ${prefillTokensPerSecond.toFixed(3)} and ${decodeTokensPerSecond.toFixed(3)} tokens/s`);
    const ours = await evaluateInPage(run.page, PROMPT, STEPS);
    say(`${PROMPT.length} tokens prefilled and ${STEPS} decoded: ${lap()}; ${memoryText(memory.take())}`);
    await run.context.close();
    run = null;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });

    expect(ours.logits.every((step) => step.every(Number.isFinite))).toBe(true);
    lap();
    const verdict = judge(ours, await askLlama(path, PROMPT, ours.ids));
    const part = verdict.deviation / verdict.spread;
    say(`llama.cpp: ${lap()}; ${JSON.stringify(verdict)}, ${part.toFixed(3)} of the spread`);
    expect(part).toBeLessThan(ROUNDED_PART);
    // Near ties may fall either way, and only those.
    for (const margin of verdict.margins) expect(margin).toBeLessThan(4 * verdict.deviation);
    if (LAYERS <= MOST_EXACT_LAYERS) await judgeExactly(recipe, ours, say);
  } finally {
    memory.stop();
    await run?.context.close();
    await server.site.close();
    if (process.env['KEEP'] === undefined) {
      for (const one of [profile, path]) rmSync(one, { recursive: true, force: true, maxRetries: 5 });
      if (given === undefined && recipe === RECIPES.at(-1)) rmSync(folder, { recursive: true, force: true });
    }
  }
});

/** Turns one bit of a stored chunk in the middle of the weights. */
function damageOneChunk(run: FaultyImport, key: string): Promise<{ path: string; index: number; sizeBytes: number }> {
  return run.page.evaluate(async (model) => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const db = await settled(indexedDB.open('daylight-weights'));
    const all = IDBKeyRange.bound([model], [model, []]);
    const keys = await settled(db.transaction('chunks').objectStore('chunks').getAllKeys(all));
    const weights = keys.filter((one) => String((one as IDBValidKey[])[1]).startsWith('params_shard'));
    const chosen = weights[Math.floor(weights.length / 2)] as [string, string, number];
    const blob = (await settled(db.transaction('chunks').objectStore('chunks').get(chosen))) as Blob;
    const bytes = new Uint8Array(await blob.arrayBuffer());
    bytes[bytes.length >> 1]! ^= 1;
    await settled(
      db
        .transaction('chunks', 'readwrite')
        .objectStore('chunks')
        .put(new Blob([bytes]), chosen),
    );
    db.close();
    return { path: chosen[1], index: chosen[2], sizeBytes: bytes.length };
  }, key);
}

async function judgeExactly(
  recipe: SolarRecipe,
  ours: Awaited<ReturnType<typeof evaluateInPage>>,
  say: (line: string) => void,
): Promise<void> {
  const path = join(folder, `solar-${LAYERS}-${recipe}-f32.gguf`);
  try {
    await writeSolarModel(path, { recipe, layers: LAYERS, seed, isDequantised: true });
    const steps = await askLlama(path, PROMPT, ours.ids);
    const verdict = judge(ours, steps);
    say(`llama.cpp on the weights as F32: ${JSON.stringify(verdict)}`);
    if (process.env['WRITE_EXPECTED'] !== undefined && LAYERS === TWO_LAYERS.layers) writeExpected(recipe, steps);
    expect(verdict.margins).toEqual([]);
    expect(verdict.worst).toBeLessThan(EXACT_TOLERANCE);
  } finally {
    rmSync(path, { force: true });
  }
}
