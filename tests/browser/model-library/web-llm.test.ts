// The library under the real WebLLM on a real (software) WebGPU device, judged by the TypeScript reference: the forward
// pass, the KV state and what WebLLM does with it. Loading compiles some fifteen pipelines, so tests share an engine.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProgramOptions } from '#model-library/program/llama-program.ts';
import { createReferenceKv, referenceForward, referenceLayer } from '#model-library/reference/model.ts';
import { createTinyLibrary, type TinyLibrary, type TinyLibraryOptions } from './support/tiny-library.ts';
import {
  expectReference,
  largestDifference,
  openTinyEngine,
  readTensor,
  withScope,
  type TinyEngine,
} from './support/tiny-engine.ts';

/** A software adapter compiles for several seconds, and for a minute where the machine is busy. */
const LOADING_MS = 240_000;

const USER = 'The weather in the mountains';
const LONG = 'the quick brown fox jumps over the lazy dog and '.repeat(3);

const user = (content: string) => ({ role: 'user' as const, content });
const greedy = (content: string, max_tokens: number) => ({ messages: [user(content)], temperature: 0, max_tokens });

type Opened = TinyEngine & { readonly tiny: TinyLibrary };

async function openEngine(options: TinyLibraryOptions): Promise<Opened> {
  const tiny = await createTinyLibrary(options);
  return { tiny, ...(await openTinyEngine(tiny)) };
}

describe('a tiny model with grouped queries in chunks of 16', () => {
  let open: Opened;
  const program: ProgramOptions = { prefillChunk: 16, flushEveryLayers: { prefill: 0, decode: 0 } };
  beforeAll(async () => {
    open = await openEngine({ model: { types: 'Q4_0' }, program });
  }, LOADING_MS);
  beforeEach(() => open.engine.resetChat());
  afterAll(() => open.close());

  it('says greedily what the reference says, and asks nothing of the network', async () => {
    expectReference(open.tiny, await open.chat(greedy(USER, 16)));
    expect(open.caches.misses).toEqual([]);
  });

  it('takes a prompt in chunks', async () => {
    const run = await open.chat(greedy(LONG, 4));
    expect(run.fed.filter((ids) => ids.length > 1).length).toBeGreaterThan(2);
    expectReference(open.tiny, run);
  });

  it('says the same again after it was cleared', async () => {
    const first = await open.chat(greedy(USER, 8));
    await open.engine.resetChat();
    const second = await open.chat(greedy(USER, 8));
    expect(second.steps).toEqual(first.steps);
  });

  it('goes on from the kept cache in a second turn', async () => {
    const first = await open.chat({ ...greedy(USER, 16), logit_bias: { '2': 100 } }); // ends at once
    expect(first.reply.choices[0]?.finish_reason).toBe('stop');
    const answer = first.reply.choices[0]?.message.content ?? '';
    const messages = [user(USER), { role: 'assistant' as const, content: answer }, user('And then?')];
    const second = await open.chat({ messages, temperature: 0, max_tokens: 6 });
    expect(second.fed[0]!.length).toBeLessThan(first.fed[0]!.length + 4);
    expectReference(open.tiny, second, first.fed.flat());
  });

  it('runs one layer for the self-test as the reference does', () => {
    const { tiny, pipeline } = open;
    const { tvm, vm, device, kvCache, params } = pipeline();
    const row = Float32Array.from({ length: tiny.program.hiddenSize }, (_, at) => Math.sin(at * 1.7));
    const expected = referenceLayer(
      Float64Array.from(row),
      tiny.reference.layers[0]!,
      createReferenceKv(),
      tiny.reference,
    );
    return withScope(pipeline(), async () => {
      const hidden = tvm.empty([1, row.length], 'float32', device).copyFrom(row);
      vm.getFunction('daylight.layer_check')(hidden, kvCache, params);
      const result = await readTensor(pipeline(), hidden, row.length);
      expect(largestDifference(result, row)).toBeGreaterThan(0.1);
      expect(largestDifference(result, expected)).toBeLessThan(1e-4);
    });
  });

  it('takes positions back', async () => {
    const { tiny, pipeline } = open;
    const run = await open.chat(greedy(USER, 6));
    const fed = run.fed.flat();
    const kept = fed.slice(0, -3);
    await withScope(pipeline(), async () => {
      const { tvm, kvCache } = pipeline();
      tvm.getGlobalFunc('vm.builtin.kv_state_popn')(kvCache, 0, 3);
      const other = [7, 11];
      const logits = await feed(open, other);
      const kv = tiny.reference.layers.map(createReferenceKv);
      expect(largestDifference(logits, referenceForward(tiny.reference, [...kept, ...other], kv))).toBeLessThan(2e-3);
    });
  });
});

/** Sends ids through embed, prefill and the KV state by hand, and reads the logits. */
async function feed(open: Opened, ids: readonly number[]): Promise<Float32Array> {
  const pipeline = open.pipeline();
  const { tvm, vm, kvCache, params, device } = pipeline;
  const input = tvm.empty([ids.length], 'int32', device).copyFrom(ids);
  const hidden = vm.getFunction('embed')(input, params) as { view(shape: number[]): unknown };
  tvm.getGlobalFunc('vm.builtin.kv_state_begin_forward')(
    kvCache,
    tvm.makeShapeTuple([0]),
    tvm.makeShapeTuple([ids.length]),
  );
  const rows = hidden.view([1, ids.length, open.tiny.program.hiddenSize]);
  const result = vm.getFunction('prefill')(rows, kvCache, params) as { get(index: number): unknown };
  tvm.getGlobalFunc('vm.builtin.kv_state_end_forward')(kvCache);
  return readTensor(pipeline, result.get(0), open.tiny.program.vocabSize);
}

describe('other shapes', () => {
  let open: Opened | null = null;
  afterEach(async () => {
    await open?.close();
    open = null;
  });

  it.each<[string, TinyLibraryOptions]>([
    [
      'multi-head attention, tied output, llama3 frequencies, mixed formats, a submission a layer',
      {
        model: {
          ...{ heads: 4, kvHeads: 4, headDim: 64, tied: true, layers: 3, tokenizer: 'gpt2', seed: 5 },
          types: {
            token_embd: 'Q6_K',
            attn_q: 'Q4_K',
            attn_k: 'Q5_K',
            attn_v: 'Q6_K',
            ffn_down: 'Q8_0',
            ffn_gate: 'Q5_1',
          },
          ropeScaling: { type: 'llama3', factors: Array.from({ length: 32 }, (_, pair) => 1 + pair / 4) },
        },
        program: { prefillChunk: 32, flushEveryLayers: { prefill: 1, decode: 1 } },
      },
    ],
    [
      'heads of 128, a large base, linear scaling, the parallel kernels',
      {
        profile: 'parallel',
        model: {
          ...{ heads: 2, kvHeads: 1, headDim: 128, hidden: 128, ffn: 160, layers: 1 },
          ...{ ropeBase: 1_000_000, types: 'Q4_1' as const },
          ropeScaling: { type: 'linear', factor: 4 },
        },
      },
    ],
  ])(
    'say what the reference says: %s',
    async (_, options) => {
      open = await openEngine(options);
      expectReference(open.tiny, await open.chat(greedy(USER, 12)));
    },
    LOADING_MS,
  );

  it(
    'slide: the first positions and the last ones are seen, the cache goes round',
    async () => {
      open = await openEngine({
        model: { types: 'F16', layers: 2, context: 512 },
        slidingWindow: { size: 24, sinkSize: 4 },
        program: { prefillChunk: 16, flushEveryLayers: { prefill: 0, decode: 0 } },
      });
      const run = await open.chat(greedy(LONG, 40)); // goes round the 40 slots more than twice
      expect(run.fed.flat().length).toBeGreaterThan(100);
      expectReference(open.tiny, run);
    },
    LOADING_MS,
  );

  it('a library without a program is refused with what to do', async () => {
    const tiny = await createTinyLibrary({});
    const bare = { ...tiny, library: tiny.runtime };
    await expect(openTinyEngine(bare)).rejects.toThrow('DaylightLibrary[2]: This library carries no program');
  });
});
