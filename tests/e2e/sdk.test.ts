// What a page gets from /sdk.js, on the site's own model in a real browser: WebLLM, our library, WebGPU in software.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineInfo } from '#engine/protocol/info.ts';
import type { LoadProgress } from '#engine/protocol/progress.ts';
import { parseCatalog } from '#catalog/parse-catalog.ts';
import { openLlama } from '#tests/support/llama.ts';
import { openSdkSite } from '#tests/e2e/sdk-site.ts';
import type { PageGlobals, SdkSite } from '#tests/e2e/sdk-site.ts';

const MODEL = 'smollm2-135m-instruct';
const { models } = parseCatalog(JSON.parse(readFileSync('static/catalog.json', 'utf8')));
const entry = models.find(({ id }) => id === MODEL)!;
const piece = `static/models/${MODEL}/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf`;

let site: SdkSite;
let progress: LoadProgress[];
let info: EngineInfo;
let requests: string[];

beforeAll(async () => {
  site = await openSdkSite();
  site.takeRequests();
  [info, progress] = await site.page.evaluate(async (model) => {
    const { engine } = globalThis as PageGlobals;
    const seen: LoadProgress[] = [];
    const loaded = await engine.load({ model, contextLength: 256, onProgress: (report) => seen.push(report) });
    return [loaded, seen] as const;
  }, MODEL);
  requests = site.takeRequests();
});
afterAll(() => site?.close());

describe('loading', () => {
  it('goes through every stage, in order, with counts that only grow', () => {
    const stages = [...new Set(progress.map(({ stage }) => stage))];
    expect(stages).toEqual(['network', 'disk', 'upload', 'compile', 'check', 'first-token']);
    for (const stage of stages) {
      const reports = progress.filter((report) => report.stage === stage);
      reports.slice(1).forEach((report, at) => expect(report.doneBytes).toBeGreaterThanOrEqual(reports[at]!.doneBytes));
      expect(reports.at(-1)!.doneBytes).toBe(reports.at(-1)!.totalBytes);
    }
    const total = (stage: string) => progress.filter((report) => report.stage === stage).at(-1)!.totalBytes;
    expect(total('network')).toBeGreaterThan(90_000_000);
    expect(total('upload')).toBe(total('disk'));
  });

  it('says what was loaded, on what', () => {
    expect(info.state).toBe('ready');
    expect(info.adapter).toMatchObject({ isSoftware: true });
    expect(info.model).toMatchObject({
      name: 'SmolLM2-135M-Instruct',
      architecture: 'llama',
      contextLength: 256,
      vocabularySize: 49152,
      parameterCount: 134515008,
      profile: 'serial',
    });
    expect(info.memory.gpuBytes).toBeGreaterThan(98_000_000);
  });

  it('has checked this GPU on the loaded weights before', () => {
    expect(info.model!.selfTest.layerRows).toBe(576);
    expect(info.model!.selfTest.knownTokens).toBeGreaterThan(0);
  });

  it('asked only for its own workers and the pieces of the model', () => {
    const names = new Set(requests.map((path) => path.replace(/^.*\//, '').replace(/\d{5}-of/, 'N-of')));
    const piece = 'SmolLM2-135M-Instruct.Q4_1-N-of-00006.gguf';
    expect([...names].sort()).toEqual([
      piece,
      `${piece}.part-1-of-2`,
      `${piece}.part-2-of-2`,
      'catalog.json',
      'import.worker.js',
      'model.json',
    ]);
  });

  it('knows the pieces that the site serves', () => {
    const model = JSON.parse(readFileSync(`static/models/${MODEL}/model.json`, 'utf8')) as {
      source: { sha256: string; sizeBytes: number };
      files: { name: string }[];
    };
    expect(entry).toMatchObject({ version: model.source.sha256, sizeBytes: model.source.sizeBytes });
  });
});

describe('evaluate', () => {
  it('continues the catalog’s prompts as llama.cpp does', async () => {
    const llama = await openLlama(piece);
    try {
      for (const { prompt, continuation } of entry.knownAnswers) {
        const steps = await llama.greedy(prompt, continuation.length);
        expect(steps.map(({ id }) => id)).toEqual(continuation);
        const ours = await site.page.evaluate(
          async ([ids, count]) => {
            const { engine } = globalThis as PageGlobals;
            const { ids: said, logits } = await engine.evaluate(ids, { count });
            return { said, sizes: logits.map(({ length }) => length), first: [...logits[0]!] };
          },
          [prompt, continuation.length] as const,
        );
        expect(ours.said).toEqual(continuation);
        expect(ours.sizes).toEqual(continuation.map(() => 49152));
        expect(correlation(ours.first, steps[0]!.logprobs)).toBeGreaterThan(0.999);
      }
    } finally {
      await llama.close();
    }
  });

  it('refuses ids that are none and counts that do not fit', async () => {
    const codes = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const code = (call: Promise<unknown>) => call.then(String, ({ code }: { code: string }) => code);
      return Promise.all([
        code(engine.evaluate([], { count: 1 })),
        code(engine.evaluate([49152], { count: 1 })),
        code(engine.evaluate([1], { count: 0 })),
        code(engine.evaluate(Array(256).fill(1), { count: 2 })),
      ]);
    });
    expect(codes).toEqual(Array(4).fill('engine-request'));
  });
});

describe('text and tokens', () => {
  it('come back from each other', async () => {
    const text = 'Grüße, 안녕! 👩‍👩‍👧 <|im_end|> fin\n';
    const [ids, back] = await site.page.evaluate(async (given) => {
      const { engine } = globalThis as PageGlobals;
      const tokens = await engine.tokenize(given);
      return [tokens, await engine.detokenize(tokens)] as const;
    }, text);
    expect(back).toBe(text);
    expect(ids).not.toContain(2); // what was typed is no control token
  });
});

describe('chat', () => {
  it('says the same streamed and whole, and goes on from the kept cache', async () => {
    const result = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const messages = [
        { role: 'system' as const, content: 'Answer in one word.' },
        { role: 'user' as const, content: 'The capital of France?' },
      ];
      const whole = await engine.chat.completions.create({ messages, temperature: 0, max_tokens: 12 });
      const wholeStats = engine.lastGeneration!;
      const stream = await engine.chat.completions.create({
        messages,
        temperature: 0,
        max_tokens: 12,
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = '';
      let usage = null;
      let chunks = 0;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        usage = chunk.usage ?? usage;
        chunks++;
      }
      const next = await engine.chat.completions.create({
        messages: [...messages, { role: 'assistant', content: text }, { role: 'user', content: 'Sure?' }],
        temperature: 0,
        max_tokens: 2,
      });
      return { whole, wholeStats, text, usage, chunks, next, nextStats: engine.lastGeneration! };
    });
    const { whole, wholeStats, text, usage, chunks, next, nextStats } = result;
    expect(whole.choices[0]!.message.content).toContain('Paris');
    expect(whole.choices[0]!.finish_reason).toBe('stop');
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(chunks).toBeGreaterThan(2);
    expect(usage).toMatchObject({ completion_tokens: whole.usage!.completion_tokens });
    expect(wholeStats).toMatchObject({ keptTokens: 0, promptTokens: expect.any(Number) });
    expect(wholeStats.decodeTokensPerSecond).toBeGreaterThan(0);
    expect(next.choices[0]!.message.content).not.toBe('');
    expect(nextStats.keptTokens).toBeGreaterThanOrEqual(wholeStats.promptTokens);
    expect(nextStats.promptTokens).toBeLessThan(wholeStats.promptTokens);
  });

  it('counts a prompt to the token, and goes on with an unfinished answer as if it had not ended', async () => {
    const { total, parts, stats, begun, rest, whole } = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const messages = [
        { role: 'system' as const, content: 'You are brief.' },
        { role: 'user' as const, content: 'Name the capital of Italy.' },
      ];
      const { total, messages: parts } = await engine.countTokens(messages);
      const ask = async (request: { max_tokens: number }, answer?: string) => {
        const said = answer === undefined ? [] : [{ role: 'assistant' as const, content: answer }];
        const { choices } = await engine.chat.completions.create({
          ...request,
          messages: [...messages, ...said],
          temperature: 0,
          ...(answer === undefined ? {} : { continue_final_message: true }),
        });
        return choices[0]!.message.content ?? '';
      };
      const begun = await ask({ max_tokens: 4 });
      const stats = engine.lastGeneration!;
      const rest = await ask({ max_tokens: 6 }, begun);
      return { total, parts, stats, begun, rest, whole: await ask({ max_tokens: 10 }) };
    });
    expect(stats.promptTokens + stats.keptTokens).toBe(total);
    expect(parts).toHaveLength(2);
    expect(parts.reduce((sum, tokens) => sum + tokens, 0)).toBe(total);
    expect(begun).not.toBe('');
    expect(begun + rest).toBe(whole);
  });

  it('keeps nothing of a stop string in the cache of the next turn', async () => {
    const [text, stats] = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
      const first = await engine.chat.completions.create({ messages, temperature: 0, max_tokens: 12, stop: 'France' });
      const said = first.choices[0]!.message.content ?? '';
      const next = [
        ...messages,
        { role: 'assistant' as const, content: said },
        { role: 'user' as const, content: 'Go on.' },
      ];
      await engine.chat.completions.create({ messages: next, temperature: 0, max_tokens: 1 });
      return [said, engine.lastGeneration!] as const;
    });
    expect(text).toMatch(/^The capital of $/);
    expect(stats.keptTokens).toBe(0);
  });

  it('answers in JSON, with a schema and without, and in a grammar', async () => {
    const [schema, free, grammar] = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const ask = async (response_format: object, max_tokens: number) => {
        const messages = [
          { role: 'system' as const, content: 'Write JSON.' },
          { role: 'user' as const, content: 'Ada is 36 years old. Give JSON.' },
        ];
        const { choices } = await engine.chat.completions.create({
          messages,
          temperature: 0,
          max_tokens,
          response_format,
        });
        return { text: choices[0]!.message.content ?? '', reason: choices[0]!.finish_reason };
      };
      const type = 'json_object';
      const properties = { ok: { type: 'boolean' } };
      const schema = JSON.stringify({ type: 'object', properties, required: ['ok'], additionalProperties: false });
      return [
        await ask({ type, schema }, 40),
        await ask({ type }, 16),
        await ask({ type: 'grammar', grammar: 'root ::= "yes" | "no, " [0-9] [0-9]' }, 12),
      ] as const;
    });
    expect(Object.keys(JSON.parse(schema.text) as object)).toEqual(['ok']);
    expect(schema.reason).toBe('stop');
    expect(free.text).toMatch(/^\{/);
    if (free.reason === 'stop') expect(JSON.parse(free.text)).toBeTypeOf('object');
    expect(grammar.text).toMatch(/^(yes|no, \d\d)$/);
  });

  it('refuses bad requests by name, and answers after them', async () => {
    const { codes, text } = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const user = (content: string) => [
        { role: 'system' as const, content: 'x' },
        { role: 'user' as const, content },
      ];
      const code = (request: object) =>
        engine.chat.completions.create(request as never).then(String, (error: { code: string }) => error.code);
      const codes = [
        await code({ messages: [] }),
        await code({ messages: user('x'), temperature: -1 }),
        await code({ messages: user('x'), model: 'gpt-4' }),
        await code({ messages: user('x '.repeat(400)) }),
        await code({ messages: user('x'), response_format: { type: 'grammar', grammar: 'root ::= (' } }),
        await code({ messages: [{ role: 'robot', content: 'x' }] }),
      ];
      const { choices } = await engine.completions.create({ prompt: '1, 2, 3, 4, 5,', temperature: 0, max_tokens: 2 });
      return { codes, text: choices[0]!.text };
    });
    expect(codes).toEqual([
      'engine-request',
      'engine-request',
      'model-unknown',
      'prompt-too-long',
      'engine-request',
      'chat-messages',
    ]);
    expect(text).toBe(' 6');
  });
});

describe('completions', () => {
  const complete = (request: object) =>
    site.page.evaluate(async (given) => {
      const { engine } = globalThis as PageGlobals;
      const { choices } = await engine.completions.create({ prompt: 'The capital of France is', ...given });
      return choices;
    }, request);

  it('give log probabilities with alternatives, or alone', async () => {
    const [choice] = await complete({
      temperature: 1,
      top_p: 1,
      max_tokens: 2,
      logprobs: true,
      top_logprobs: 3,
      seed: 1,
    });
    const tokens = choice!.logprobs!.content!;
    expect(tokens).toHaveLength(2);
    expect(tokens[0]!.top_logprobs[0]).toMatchObject({ token: ' Paris' });
    for (const { top_logprobs } of tokens) {
      expect(top_logprobs).toHaveLength(3);
      expect([...top_logprobs].sort((a, b) => b.logprob - a.logprob)).toEqual(top_logprobs);
      expect(top_logprobs.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeLessThanOrEqual(1.0001);
    }
    const [alone] = await complete({ temperature: 1, max_tokens: 2, logprobs: true });
    expect(alone!.logprobs!.content!.map(({ top_logprobs }) => top_logprobs)).toEqual([[], []]);
  });

  it('stream every token’s log probability, also of characters that take several', async () => {
    const { text, tokens, count } = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const [id] = (await engine.tokenize('👍')).slice(-1); // the last of an emoji's bytes: no character alone
      const request = {
        prompt: 'Thumbs up:',
        max_tokens: 5,
        logprobs: true,
        temperature: 1,
        seed: 3,
        logit_bias: { [id!]: 9 },
      };
      const stream = await engine.completions.create({ ...request, stream: true });
      let [text, tokens] = ['', 0];
      for await (const { choices } of stream) {
        text += choices[0]?.text ?? '';
        tokens += choices[0]?.logprobs?.content?.length ?? 0;
      }
      return { text, tokens, count: engine.lastGeneration!.completionTokens };
    });
    expect(tokens).toBe(count);
    expect(text).not.toBe('');
  });

  it('repeat with a seed, and differ with another', async () => {
    const say = async (seed: number) =>
      (await complete({ prompt: 'My', temperature: 1.5, max_tokens: 5, seed }))[0]!.text;
    const first = await say(7);
    expect(await say(7)).toBe(first);
    const others = [await say(8), await say(9)];
    expect(others.some((text) => text !== first)).toBe(true);
  });

  it('obey a bias and penalties', async () => {
    const [banned] = await complete({ temperature: 0, max_tokens: 1, logit_bias: { 7042: -100 } });
    expect(banned!.text).not.toBe(' Paris');
    const [loop] = await complete({ prompt: '1, 1, 1, 1, 1,', temperature: 0, max_tokens: 6 });
    expect(loop!.text).toBe(' 1, 1,');
    const penalties = { frequency_penalty: 2, presence_penalty: 2, repetition_penalty: 2 };
    const [penalised] = await complete({ prompt: '1, 1, 1, 1, 1,', temperature: 0, max_tokens: 6, ...penalties });
    expect(penalised!.text).not.toBe(loop!.text);
  });

  it('end before a stop string, of which a stream shows nothing', async () => {
    const { text, reason } = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const request = { prompt: '1, 2, 3, 4, 5,', temperature: 0, max_tokens: 12, stop: [', 8', 'never'] };
      const stream = await engine.completions.create({ ...request, stream: true });
      let [text, reason] = ['', ''];
      for await (const { choices } of stream) {
        text += choices[0]?.text ?? '';
        reason = choices[0]?.finish_reason ?? reason;
      }
      return { text, reason };
    });
    expect({ text, reason }).toEqual({ text: ' 6, 7', reason: 'stop' });
  });

  it('end at their length, echo, and come in several', async () => {
    const [one] = await complete({ temperature: 0, max_tokens: 1, echo: true });
    expect(one).toMatchObject({ text: 'The capital of France is Paris', finish_reason: 'length' });
    const several = await complete({ temperature: 1.5, max_tokens: 2, n: 2, seed: 5 });
    expect(several.map(({ index }) => index)).toEqual([0, 1]);
  });
});

describe('stopping', () => {
  it('ends within one token, whether by interrupt, by signal or by leaving the loop', async () => {
    const result = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const request = { prompt: 'Once upon a time', max_tokens: 200, ignore_eos: true, stream: true as const };
      // Interrupted after the second chunk: the running token is the last.
      let [after, reason, chunks] = [0, '', 0];
      for await (const { choices } of await engine.completions.create(request)) {
        if (++chunks === 2) void engine.interrupt();
        else if (chunks > 2 && choices[0]?.text) after++;
        reason = choices[0]?.finish_reason ?? reason;
      }
      const interrupted = { after, reason, tokens: engine.lastGeneration!.completionTokens };
      // By signal.
      const abort = new AbortController();
      const stream = await engine.completions.create(request, { signal: abort.signal });
      let thrown: unknown;
      try {
        for await (const _ of stream) abort.abort('enough');
      } catch (error) {
        thrown = error;
      }
      // By leaving: the next request is answered, not queued behind two hundred tokens.
      for await (const _ of await engine.completions.create(request)) break;
      const before = await engine.stats();
      const { choices } = await engine.completions.create({ prompt: '1, 2, 3, 4, 5,', temperature: 0, max_tokens: 2 });
      const passes = (await engine.stats()).gpu.readbacks - before.gpu.readbacks;
      return { interrupted, thrown, text: choices[0]!.text, passes };
    });
    expect(result.interrupted).toMatchObject({ reason: 'abort' });
    expect(result.interrupted.after).toBeLessThanOrEqual(2);
    expect(result.interrupted.tokens).toBeLessThanOrEqual(5);
    expect(result.thrown).toBe('enough');
    expect(result.text).toBe(' 6');
    expect(result.passes).toBeLessThan(10);
  });

  it('ends requests that wait, and those that prefill, with nothing said', async () => {
    const [running, waiting] = await site.page.evaluate(async () => {
      const { engine } = globalThis as PageGlobals;
      const running = engine.completions.create({ prompt: 'word '.repeat(40), max_tokens: 50 });
      const waiting = engine.completions.create({ prompt: 'Hi', max_tokens: 50 });
      await engine.interrupt();
      return [(await running).choices[0]!, (await waiting).choices[0]!];
    });
    expect(running!.finish_reason).toBe('abort');
    expect(waiting).toMatchObject({ finish_reason: 'abort', text: '' });
  });
});

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at]! - meanA, b[at]! - meanB];
    [ab, aa, bb] = [ab + x * y, aa + x * x, bb + y * y];
  }
  return ab / Math.sqrt(aa * bb);
}
