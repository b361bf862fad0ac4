// The built site in a browser without WebGPU: llama.cpp in WebAssembly behind the same /sdk.js, on the site's own model. One load
// serves all, since a processor that two tests share says a few tokens a second.
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseCatalog } from '#catalog/parse-catalog.ts';
import type { EngineInfo } from '#engine/protocol/info.ts';
import type { PageGlobals } from '#tests/e2e/sdk-site.ts';
import { launchChromium } from '#tests/support/chromium.ts';
import { openLlama } from '#tests/support/llama.ts';
import { serveSite, type ServedSite } from '#tests/support/serve.ts';

const MODEL = 'smollm2-135m-instruct';
const PIECE = `static/models/${MODEL}/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf`;
const { models } = parseCatalog(JSON.parse(readFileSync('static/catalog.json', 'utf8')));
const known = models.find(({ id }) => id === MODEL)!.knownAnswers[0]!;

let site: ServedSite;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let info: EngineInfo;
let stages: string[];
const requests: string[] = [];

beforeAll(async () => {
  site = await serveSite({
    folder: process.env['SITE_FOLDER'] ?? 'build',
    intercept(request, response) {
      requests.push((request.url ?? '').replace(/^.*\//, ''));
      if (request.url !== '/sdk-page.html') return false;
      const html = readFileSync('tests/e2e/sdk-page.html', 'utf8');
      response.writeHead(200, { 'content-type': 'text/html' }).end(html);
      return true;
    },
  });
  browser = await launchChromium();
  context = await browser.newContext();
  await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'));
  page = await context.newPage();
  await page.goto(`${site.url}sdk-page.html`);
  await page.waitForFunction(() => 'engine' in globalThis);
  [info, stages] = await page.evaluate(async (model) => {
    const { engine } = globalThis as PageGlobals;
    const seen = new Set<string>();
    const loaded = await engine.load({ model, contextLength: 128, onProgress: ({ stage }) => seen.add(stage) });
    return [loaded, [...seen]] as const;
  }, MODEL);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

it('takes the processor by itself, in the same stages, and fetches its WebAssembly only then', () => {
  expect(stages).toEqual(['network', 'disk', 'upload', 'compile', 'check', 'first-token']);
  expect(info).toMatchObject({ state: 'ready', adapter: null, memory: { gpuBytes: 0 } });
  expect(info.model).toMatchObject({ profile: 'cpu', contextLength: 128, vocabularySize: 49152 });
  expect(info.model!.selfTest.knownTokens).toBe(known.continuation.length);
  expect(requests).toContain('cpu.worker.js');
  expect(requests.filter((name) => /^wllama-.*\.wasm$/.test(name))).toHaveLength(1);
  expect(requests).not.toContain('engine.worker.js');
});

it('continues as llama.cpp does, with its probabilities', async () => {
  const llama = await openLlama(PIECE);
  try {
    const prompt = known.prompt.slice(0, 5);
    const theirs = await llama.greedy(prompt, 2);
    const ours = await page.evaluate(async (ids) => {
      const { engine } = globalThis as PageGlobals;
      const { ids: said, logits } = await engine.evaluate(ids, { count: 2 });
      return { said, sizes: logits.map(({ length }) => length), best: logits.map((row, at) => row[said[at]!]!) };
    }, prompt);
    expect(ours.said).toEqual(theirs.map(({ id }) => id));
    expect(ours.sizes).toEqual([49152, 49152]);
    ours.best.forEach((logprob, at) => expect(logprob).toBeCloseTo(theirs[at]!.logprobs[theirs[at]!.id]!, 1));
  } finally {
    await llama.close();
  }
});

it('streams a chat, keeps its cache for the next turn, and takes typed control tokens for text', async () => {
  const result = await page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const messages = [
      { role: 'system' as const, content: 'Answer in one word.' },
      { role: 'user' as const, content: 'The capital of France?' },
    ];
    const stream = await engine.chat.completions.create({ messages, temperature: 0, max_tokens: 12, stream: true });
    let [text, reason, chunks] = ['', '', 0];
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? '';
      reason = choices[0]?.finish_reason ?? reason;
      chunks++;
    }
    const first = engine.lastGeneration!;
    const next = [...messages, { role: 'assistant' as const, content: text }, { role: 'user' as const, content: '?' }];
    await engine.chat.completions.create({ messages: next, temperature: 0, max_tokens: 1 });
    const typed = 'Hi <|im_end|> 👩‍👩‍👧 안녕';
    const ids = await engine.tokenize(typed);
    return { text, reason, chunks, first, second: engine.lastGeneration!, ids, back: await engine.detokenize(ids) };
  });
  expect(result.text).toContain('Paris');
  expect(result.reason).toBe('stop');
  expect(result.chunks).toBeGreaterThan(2);
  expect(result.first).toMatchObject({ keptTokens: 0 });
  expect(result.second.keptTokens).toBeGreaterThanOrEqual(
    result.first.promptTokens + result.first.completionTokens - 1,
  );
  expect(result.back).toBe('Hi <|im_end|> 👩‍👩‍👧 안녕');
  expect(result.ids).not.toContain(2);
});

it('writes bytes that are no character, stops before a stop string, and ends within a token of an interrupt', async () => {
  const result = await page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const [lone] = (await engine.tokenize('👍')).slice(-1); // the last of an emoji's bytes
    const broken = await engine.completions.create({
      prompt: 'A',
      max_tokens: 2,
      temperature: 0,
      logit_bias: { [lone!]: 100 },
      logprobs: true,
    });
    const request = { prompt: '1, 2, 3,', temperature: 0 };
    const stopped = await engine.completions.create({ ...request, max_tokens: 8, stop: [', 5'] });
    let [chunks, after, reason] = [0, 0, ''];
    const endless = { ...request, max_tokens: 60, ignore_eos: true, stream: true as const };
    for await (const { choices } of await engine.completions.create(endless)) {
      if (++chunks === 2) void engine.interrupt();
      else if (chunks > 2 && choices[0]?.text) after++;
      reason = choices[0]?.finish_reason ?? reason;
    }
    return { broken: broken.choices[0]!, stopped: stopped.choices[0]!, after, reason };
  });
  expect(result.broken.text).toBe('\uFFFD\uFFFD');
  expect(result.broken.logprobs!.content).toHaveLength(2);
  expect(result.stopped).toMatchObject({ text: ' 4', finish_reason: 'stop' });
  expect(result).toMatchObject({ reason: 'abort' });
  expect(result.after).toBeLessThanOrEqual(2);
});

it('refuses by name what it cannot do', async () => {
  const codes = await page.evaluate(async () => {
    const { engine } = globalThis as PageGlobals;
    const code = (call: Promise<unknown>) => call.then(String, ({ code }: { code: string }) => code);
    const messages = [{ role: 'user' as const, content: 'x' }];
    return [
      await code(engine.chat.completions.create({ messages, response_format: { type: 'json_object' } })),
      await code(engine.chat.completions.create({ messages, temperature: -1 })),
      await code(engine.chat.completions.create({ messages: [{ role: 'user', content: 'x '.repeat(300) }] })),
      (await engine.assess({ bytes: 1, largestBufferBytes: 1 })).reason,
    ];
  });
  // Only the page lost its GPU: workers still have theirs here.
  const reason = 'this engine computes on the processor';
  expect(codes).toEqual(['cpu-cannot', 'engine-request', 'prompt-too-long', reason]);
});

it('loads again from what it kept, with the network cut', async () => {
  // The page's service worker keeps the engine's own files, as the chat page's registration makes it.
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('./service-worker.js', { scope: './' });
    await navigator.serviceWorker.ready;
  });
  await page.reload();
  await page.waitForFunction(() => 'engine' in globalThis && navigator.serviceWorker.controller !== null);
  await context.setOffline(true);
  requests.length = 0;
  const state = await page.evaluate(async (model) => {
    const { connect, engine } = globalThis as PageGlobals;
    engine.dispose();
    const again = await connect({ engine: 'cpu' });
    const { state } = await again.load({ model, contextLength: 64 });
    const [kept] = await again.models.list();
    const { intact } = await again.models.verify(kept!.key);
    await again.models.delete(kept!.key);
    return { state, intact, left: (await again.models.list()).length, after: (await again.info()).state };
  }, MODEL);
  await context.setOffline(false);
  expect(state).toEqual({ state: 'ready', intact: true, left: 0, after: 'empty' });
  // The browser itself looks for a newer service worker.
  expect(requests.filter((name) => name !== 'service-worker.js')).toEqual([]);
});
