// Everything that WebLLM does with logits, on our sampling kernels, judged by arithmetic in the test; and what a token costs.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addBias, penalise, sampleTopP } from '#model-library/reference/sampling.ts';
import { dispatchCount } from '#model-library/program/program.ts';
import { countCalls, type Counts } from './support/count-calls.ts';
import { createTinyLibrary, type TinyLibrary } from './support/tiny-library.ts';
import {
  indexOfLargest,
  largestDifference,
  openTinyEngine,
  type Step,
  type TinyEngine,
} from './support/tiny-engine.ts';

/** A software adapter compiles for several seconds, and for a minute where the machine is busy. */
const LOADING_MS = 240_000;

const messages = [{ role: 'user' as const, content: 'The weather in the mountains' }];

let tiny: TinyLibrary;
let open: TinyEngine;
beforeAll(async () => {
  tiny = await createTinyLibrary({ model: { types: 'Q8_0' } });
  open = await openTinyEngine(tiny);
}, LOADING_MS);
beforeEach(() => open.engine.resetChat());
afterAll(() => open.close());

const tokensOf = (steps: readonly Step[]) => steps.map(({ token }) => token);

function softmax(logits: ArrayLike<number>, temperature: number): Float64Array {
  const largest = Math.max(...Array.from(logits));
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** WebLLM's own generator: a token takes one uniform number. */
function* uniforms(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (48271 * state) % 2147483647;
    yield state / 2147483647;
  }
}

describe('seeds, temperature and top_p', () => {
  it.each([
    [1, 0.9, 42],
    [8, 0.9, 5], // nearly even: many tokens are possible
    [1.5, 1, 7],
  ])(
    'temperature %d, top_p %d, seed %d: the tokens follow from the logits and the seed',
    async (temperature, top_p, seed) => {
      const { steps } = await open.chat({ messages, temperature, top_p, seed, max_tokens: 16 });
      const random = uniforms(seed);
      const expected = steps.map(({ logits }) => sampleTopP(softmax(logits, temperature), top_p, random.next().value));
      expect(tokensOf(steps)).toEqual(expected);
    },
  );

  it('repeats with the same seed, and not with another', async () => {
    const run = async (seed: number) => {
      await open.engine.resetChat();
      return tokensOf((await open.chat({ messages, temperature: 2, seed, max_tokens: 12 })).steps);
    };
    const first = await run(3);
    expect(await run(3)).toEqual(first);
    expect(await run(4)).not.toEqual(first);
  });
});

describe('changes to the logits', () => {
  it('penalties follow what was said before', async () => {
    const penalties = { presence: 0.5, frequency: 1.5, repetition: 1.3 };
    const { steps } = await open.chat({
      messages,
      temperature: 0,
      max_tokens: 16,
      presence_penalty: penalties.presence,
      frequency_penalty: penalties.frequency,
      repetition_penalty: penalties.repetition,
    });
    const counts = new Map<number, number>();
    for (const { logits, token } of steps) {
      expect(token).toBe(indexOfLargest(penalise(logits, [...counts.keys()], [...counts.values()], penalties)));
      counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    expect(counts.size).toBeGreaterThan(8); // without penalties this model repeats itself
  });

  it('a bias is added to each of its tokens', async () => {
    const bias = { '50': 30, '60': 29, '70': -5 };
    const { steps } = await open.chat({ messages, temperature: 0, max_tokens: 6, logit_bias: bias });
    for (const { logits, token } of steps) {
      expect(token).toBe(indexOfLargest(addBias(logits, [50, 60, 70], [30, 29, -5])));
      expect([50, 60]).toContain(token);
    }
  });

  it.each([
    ['a grammar', { type: 'grammar', grammar: 'root ::= "yes" | "no"' } as const, /^(yes|no)$/],
    [
      'a JSON schema',
      {
        type: 'json_object',
        schema: JSON.stringify({
          type: 'object',
          properties: { ok: { type: 'boolean' } },
          required: ['ok'],
          additionalProperties: false,
        }),
      } as const,
      /^\s*\{\s*"ok"\s*:\s*(true|false)\s*\}\s*$/,
    ],
  ])('%s leaves only what it allows', async (_, response_format, text) => {
    const { reply } = await open.chat({ messages, temperature: 1, seed: 11, max_tokens: 40, response_format });
    expect(reply.choices[0]?.message.content).toMatch(text);
  });

  it('log-probabilities are those of the distribution', async () => {
    const { steps, reply } = await open.chat({
      messages,
      temperature: 1,
      top_p: 1,
      seed: 1,
      max_tokens: 4,
      logprobs: true,
      top_logprobs: 5,
    });
    const entries = reply.choices[0]?.logprobs?.content ?? [];
    expect(entries).toHaveLength(4);
    entries.forEach((entry, at) => {
      const probabilities = softmax(steps[at]!.logits, 1);
      const best = [...probabilities].sort((a, b) => b - a).slice(0, 5);
      const given = entry.top_logprobs.map(({ logprob }) => logprob);
      expect(largestDifference(given, best.map(Math.log))).toBeLessThan(1e-3);
      expect(entry.logprob).toBeCloseTo(Math.log(probabilities[steps[at]!.token]!), 3);
    });
  });

  it('a stop text ends the answer', async () => {
    const { reply } = await open.chat({ messages, temperature: 0, max_tokens: 12 });
    const text = reply.choices[0]?.message.content ?? '';
    const stop = text.slice(2, 4);
    await open.engine.resetChat();
    const second = await open.chat({ messages, temperature: 0, max_tokens: 12, stop: [stop] });
    expect(second.reply.choices[0]?.finish_reason).toBe('stop');
    expect(second.reply.choices[0]?.message.content).toBe(text.slice(0, text.indexOf(stop)));
  });
});

// What one token costs the browser: counted on the device's own functions, in a run as a user has it.
describe('the token loop', () => {
  const request = (max_tokens: number) => ({
    messages: [{ role: 'user' as const, content: 'The weather in the mountains' }],
    ...{ temperature: 1, seed: 1, max_tokens, ignore_eos: true },
  });

  /** Counts of a whole answer of so many tokens. */
  async function cost(
    tokens: number,
    extra: object = {},
  ): Promise<Counts & { liveObjects: number; buffersCreated: number }> {
    await open.engine.resetChat();
    const before = open.stats();
    const { counts, restore } = countCalls();
    await open.withoutRecording(() => open.engine.chatCompletion({ ...request(tokens), ...extra }));
    restore();
    const after = open.stats();
    return {
      ...counts,
      liveObjects: after.liveObjects - before.liveObjects,
      buffersCreated: after.buffersCreated - before.buffersCreated,
    };
  }

  it.each([
    ['plain', {}, 0],
    [
      'with penalties and bias',
      { repetition_penalty: 1.2, frequency_penalty: 0.5, presence_penalty: 0.1, logit_bias: { '5': 1 } },
      2,
    ],
  ])(
    '%s: makes no buffer and no pipeline, dispatches within the budget, reads back once a token',
    async (_, extra, more) => {
      await cost(40, extra); // fills the pool, and WebLLM's own cache of shapes
      const short = await cost(8, extra);
      const long = await cost(40, extra);
      const perToken = (name: keyof Counts) => (long[name] - short[name]) / 32;
      for (const name of [
        'createBuffer',
        'createComputePipeline',
        'createComputePipelineAsync',
        'createShaderModule',
        'destroy',
      ] as const) {
        expect(long[name], name).toBe(0);
      }
      expect(perToken('mapAsync')).toBe(1);
      const layers = tiny.reference.layers.length;
      expect(perToken('dispatchWorkgroups')).toBeLessThanOrEqual(6 * layers + 8);
      // Around decode come embed, softmax and sample; penalties and bias are one each.
      expect(perToken('dispatchWorkgroups')).toBe(dispatchCount(tiny.program, 'decode') + 3 + more);
      expect(long.liveObjects).toBe(0);
      expect(long.buffersCreated).toBe(0);
    },
  );

  it('submits a bounded number of times a token', async () => {
    await cost(4);
    const short = await cost(8);
    const long = await cost(40);
    // WebLLM uploads the id, the temperature, the uniform and top_p one by one, then reads the token.
    expect((long.submit - short.submit) / 32).toBeLessThanOrEqual(6);
  });
});
