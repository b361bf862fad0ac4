// The whole path (GGUF, import, WebLLM, our library, WebGPU in Chromium) says what llama.cpp says on the same file.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '#engine/client/engine.ts';
import { splitNames } from '#formats/gguf/split.ts';
import { TENSOR_TYPES } from '#formats/gguf/tensor-types.ts';
import { launchChromium } from '#tests/support/chromium.ts';
import { mixQ4KM, tinyModel, type TinyModelOptions } from '#tests/support/gguf/tiny-model.ts';
import { Random } from '#tests/support/gguf/random.ts';
import { toF32 } from '#tests/support/gguf/to-f32.ts';
import { openLlama, type LlamaReference } from '#tests/support/llama.ts';
import { serveSite, type ServedSite } from '#tests/support/serve.ts';

const STEPS = 32;
const FOLDER = join('tests', '.tmp', 'proof');

type Answer = { ids: number[]; logprobs: number[][] };
declare global {
  // The page's one engine, kept between evaluations.
  var engine: Engine;
}

const BLANK_PAGE = `<!doctype html><title>Proof</title>
<script type="module">
  import { connect } from '/sdk.js';
  globalThis.engine = await connect();
</script>`;

let site: ServedSite;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  site = await serveSite({
    intercept(request, response) {
      const path = new URL(request.url ?? '/', 'http://site').pathname;
      if (path === '/blank') {
        response.writeHead(200, { 'content-type': 'text/html' }).end(BLANK_PAGE);
        return true;
      }
      if (!path.startsWith('/proof/')) return false;
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.end(readFileSync(join(FOLDER, path.slice('/proof/'.length))));
      return true;
    },
  });
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(`${site.url}blank`);
  await page.waitForFunction(() => 'engine' in globalThis);
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

/** Greedy ids after `prompt`, and the natural logarithms of the probabilities they were chosen from, `[step][vocabulary]`. */
function answer(prompt: readonly number[], vocabulary = Infinity): Promise<Answer> {
  return page.evaluate(
    async ({ prompt, count, vocabulary }) => {
      const { ids, logits } = await globalThis.engine.evaluate(prompt, { count });
      const logprobs = logits.map((step) => {
        const top = step.reduce((a, b) => Math.max(a, b));
        const sum = step.reduce((total, logit) => total + Math.exp(logit - top), 0);
        return Array.from(vocabulary < step.length ? [] : step, (logit) => logit - top - Math.log(sum));
      });
      return { ids, logprobs };
    },
    { prompt: [...prompt], count: STEPS, vocabulary },
  );
}

function written(name: string, files: readonly Uint8Array[]): string[] {
  const names =
    files.length === 1
      ? [`${name}.gguf`]
      : splitNames(`${name}-00001-of-${String(files.length).padStart(5, '0')}.gguf`);
  names.forEach((one, index) => writeFileSync(join(FOLDER, one), files[index]!));
  return names;
}

/**
 * Same weights to the bit and an f16 KV cache on both sides. llama.cpp also rounds queries and attention weights to f16 where it
 * multiplies them with the cache, and we do not: differences stay near 0.02 where logits spread over several units. A wrong
 * scale, position or head moves them by whole units.
 */
const LOGPROB_TOLERANCE = 0.05;
/** Below this, llama.cpp's float32 probabilities are too coarse to compare. */
const LEAST_LOGPROB = -20;

const factors = Array.from({ length: 32 }, (_, index) => 1 + index / 4);
/** The library prefills 512 positions at a time: 550 take two chunks. */
const MODELS: readonly (readonly [name: string, options: TinyModelOptions, promptLength?: number])[] = [
  ...TENSOR_TYPES.map((type): [string, TinyModelOptions] => [`every matrix ${type}`, { types: type }]),
  [
    'SOLAR in small: Q4_K_M mix, grouped heads of 128',
    { headDim: 128, heads: 4, kvHeads: 1, types: mixQ4KM, layers: 3 },
    550,
  ],
  [
    'byte-level BPE, tied Q8_0 output, head dim 64, 3:1 groups',
    { tokenizer: 'gpt2', tied: true, types: { token_embd: 'Q8_0', ffn_up: 'Q4_1' }, heads: 6, kvHeads: 2, headDim: 64 },
  ],
  ['one KV head for each head, theta 1e6', { kvHeads: 8, ropeBase: 1e6, types: 'Q4_1' }],
  ['linear scaling, an odd vocabulary', { ropeScaling: { type: 'linear', factor: 4 }, types: 'Q5_1', vocabSize: 377 }],
  [
    'llama3 frequency factors, head dim 64',
    { ropeScaling: { type: 'llama3', factors }, headDim: 64, heads: 4, types: 'Q8_0' },
  ],
  ['three files', { splits: 3, types: 'Q4_0' }],
];

describe('a tiny random model says what llama.cpp says of the same weights in F32', () => {
  for (const [name, options, promptLength = 70] of MODELS) {
    test(name, async () => {
      const seed = 11 + name.length;
      const files = tinyModel({ seed, context: 768, ...options });
      const slug = name.replace(/\W+/g, '-').toLowerCase();
      const names = written(slug, files);
      const [plain] = written(`${slug}-f32`, [toF32(files)]);
      const vocabulary = options.vocabSize ?? 384;
      const random = new Random(seed);
      const prompt = Array.from({ length: promptLength }, () => 3 + random.integer(vocabulary - 3));

      await page.evaluate(
        async (gguf) => void (await globalThis.engine.load({ gguf })),
        names.map((one) => `${site.url}proof/${one}`),
      );
      const ours = await answer(prompt);
      const llama = await openLlama(join(FOLDER, plain!), 640, 1);
      try {
        const steps = await llama.score([...prompt, ...ours.ids.slice(0, -1)], STEPS);
        expect(ours.ids).toEqual(steps.map(({ id }) => id));
        expect(new Set(ours.ids).size).toBeGreaterThan(4); // a model that repeats itself proves little
        let worst = 0;
        let compared = 0;
        steps.forEach(({ logprobs }, step) =>
          logprobs.forEach((logprob, id) => {
            if (logprob < LEAST_LOGPROB) return;
            compared++;
            worst = Math.max(worst, Math.abs(logprob - ours.logprobs[step]![id]!));
          }),
        );
        console.log(`${name}: largest difference of ${compared} log-probabilities ${worst.toExponential(1)}`);
        expect(compared).toBeGreaterThan(STEPS * 100);
        expect(worst).toBeLessThan(LOGPROB_TOLERANCE);
      } finally {
        await llama.close();
      }
    });
  }
});

/**
 * llama.cpp rounds activations to 8 bits where it multiplies quantised blocks, and we do not. Where its two best tokens lie
 * closer than this (natural logarithm), either may come first.
 */
const TIE_MARGIN = 0.35;

const PROMPTS = [
  'What is the capital of France?',
  'Write a short poem about the sea.',
  'def fibonacci(n):',
  'Explain gravity to a child in two sentences.',
  'List three animals that live in the desert.',
  'ما هي عاصمة مصر؟',
];

describe('the embedded model says what llama.cpp says of the same file', () => {
  let llama: LlamaReference;
  beforeAll(async () => {
    llama = await openLlama('static/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf');
    await page.evaluate(async () => void (await globalThis.engine.load({ model: 'smollm2-135m-instruct' })));
  });
  afterAll(() => llama?.close());

  test.each(PROMPTS)('%s', async (question) => {
    const prompt = llama.tokenize(
      `<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n` +
        `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`,
      true,
    );
    const ours = await answer(prompt, 0);
    const steps = await llama.score([...prompt, ...ours.ids.slice(0, -1)], STEPS);
    const ties: string[] = [];
    steps.forEach(({ id, logprobs }, step) => {
      const chosen = ours.ids[step]!;
      if (chosen === id) return;
      const margin = logprobs[id]! - logprobs[chosen]!;
      ties.push(`step ${step}: ${chosen} for ${id}, ${margin.toFixed(3)} apart`);
      expect(margin, `step ${step}: ours ${chosen}, llama.cpp ${id}`).toBeLessThan(TIE_MARGIN);
    });
    console.log(`${question} -> ${ties.length === 0 ? 'identical' : ties.join('; ')}`);
    expect(ties.length).toBeLessThanOrEqual(STEPS / 4);
  });
});
