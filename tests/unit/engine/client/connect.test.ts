import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '#base/errors.ts';
import { connectTo } from '#engine/client/connect.ts';
import type { Engine } from '#engine/client/engine.ts';
import type { EngineInfo, GenerationStats } from '#engine/protocol/info.ts';
import type { ChatCompletionChunk } from '#engine/protocol/openai.ts';
import type { LoadProgress } from '#engine/protocol/progress.ts';
import { encodeError } from '#engine/protocol/wire-error.ts';
import { FakeWorker } from '#tests/unit/engine/client/fake-worker.ts';

const INFO: EngineInfo = {
  state: 'ready',
  loadingStage: null,
  adapter: null,
  model: null,
  memory: { gpuBytes: 1, wasmBytes: 2 },
};
const STATS: GenerationStats = {
  promptTokens: 3,
  keptTokens: 0,
  completionTokens: 2,
  prefillTokensPerSecond: 10,
  decodeTokensPerSecond: 5,
  secondsToFirstToken: 0.3,
};
const chunk = (content: string): ChatCompletionChunk => ({
  id: 'a',
  object: 'chat.completion.chunk',
  created: 0,
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});
const messages = [{ role: 'user' as const, content: 'Hi' }];

let worker: FakeWorker;
let engine: Engine;

beforeEach(async () => {
  worker = new FakeWorker();
  const connecting = connectTo(worker.endpoint);
  worker.reply({ type: 'ready', lock: null });
  engine = await connecting;
});
afterEach(() => {
  engine.dispose();
  worker.close();
});

describe('a call', () => {
  it('resolves with the value of its own reply, whatever the order', async () => {
    const first = engine.tokenize('one');
    const second = engine.tokenize('two');
    const [a, b] = [await worker.request(0), await worker.request(1)];
    worker.reply({ id: b.id, type: 'done', value: [2] });
    worker.reply({ id: a.id, type: 'done', value: [1] });
    expect(await first).toEqual([1]);
    expect(await second).toEqual([2]);
  });

  it('rejects with the error the worker sent, rebuilt', async () => {
    const call = engine.info();
    const { id } = await worker.request(0);
    worker.reply({ id, type: 'failed', error: encodeError(new AppError('no-model', { request: 'info' })) });
    await expect(call).rejects.toMatchObject({ name: 'AppError', code: 'no-model' });
  });

  it('refuses what cannot be cloned, and keeps working', async () => {
    const request = { messages, extra: () => 1 } as never;
    await expect(engine.chat.completions.create(request)).rejects.toMatchObject({ code: 'engine-request' });
    const call = engine.tokenize('x');
    const { id } = await worker.request(0);
    worker.reply({ id, type: 'done', value: [7] });
    expect(await call).toEqual([7]);
  });
});

describe('load', () => {
  it('names its source and reports progress until it ends', async () => {
    const seen: LoadProgress[] = [];
    const file = new File([new Uint8Array(4)], 'a.gguf');
    const call = engine.load({ gguf: file, contextLength: 512, onProgress: (progress) => seen.push(progress) });
    const request = await worker.request(0);
    expect(request).toMatchObject({
      type: 'load',
      settings: { source: { kind: 'files' }, contextLength: 512, chatTemplate: null },
    });
    const progress: LoadProgress = { stage: 'disk', doneBytes: 1, totalBytes: 4, bytesPerSecond: 0, secondsLeft: null };
    worker.reply({ id: request.id, type: 'progress', progress });
    worker.reply({ id: request.id, type: 'done', value: INFO });
    expect(await call).toEqual(INFO);
    expect(seen).toEqual([progress]);
  });

  it('refuses a source that is none, without asking the worker', async () => {
    await expect(engine.load({ gguf: [] })).rejects.toMatchObject({ code: 'engine-request' });
    await expect(engine.load({ gguf: 'http://' })).rejects.toMatchObject({ code: 'engine-request' });
    await expect(engine.load({} as never)).rejects.toMatchObject({ code: 'engine-request' });
    expect(worker.requests).toEqual([]);
  });

  it('ends with the signal’s own reason, before and during', async () => {
    const reason = new Error('user left');
    await expect(engine.load({ model: 'm', signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(worker.requests).toEqual([]);
    const abort = new AbortController();
    const call = engine.load({ model: 'm', signal: abort.signal });
    const { id } = await worker.request(0);
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(await worker.request(1)).toMatchObject({ type: 'cancel', target: id });
    worker.reply({ id, type: 'cancelled' }); // comes late, changes nothing
  });
});

describe('a streamed answer', () => {
  it('yields every chunk, then ends, and leaves its stats', async () => {
    const stream = await engine.chat.completions.create({ messages, stream: true });
    const { id } = await worker.request(0);
    worker.reply({ id, type: 'chunk', chunk: chunk('Hel') });
    worker.reply({ id, type: 'chunk', chunk: chunk('lo') });
    worker.reply({ id, type: 'done', value: { answer: null, stats: STATS } });
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content;
    expect(text).toBe('Hello');
    expect(engine.lastGeneration).toEqual(STATS);
  });

  it('delivers what came before a failure, then throws it', async () => {
    const stream = await engine.chat.completions.create({ messages, stream: true });
    const { id } = await worker.request(0);
    worker.reply({ id, type: 'chunk', chunk: chunk('Hel') });
    worker.reply({
      id,
      type: 'failed',
      error: encodeError(new AppError('device-lost', { reason: 'x', message: 'y' })),
    });
    const texts: unknown[] = [];
    await expect(
      (async () => {
        for await (const { choices } of stream) texts.push(choices[0]?.delta.content);
      })(),
    ).rejects.toMatchObject({ code: 'device-lost' });
    expect(texts).toEqual(['Hel']);
  });

  it('cancels the generation when its loop is left early', async () => {
    const stream = await engine.chat.completions.create({ messages, stream: true });
    const { id } = await worker.request(0);
    worker.reply({ id, type: 'chunk', chunk: chunk('Hel') });
    for await (const _ of stream) break;
    expect(await worker.request(1)).toMatchObject({ type: 'cancel', target: id });
  });

  it('throws the signal’s reason in its loop and cancels', async () => {
    const abort = new AbortController();
    const stream = await engine.chat.completions.create({ messages, stream: true }, { signal: abort.signal });
    const { id } = await worker.request(0);
    const reason = new Error('enough');
    const reading = (async () => {
      for await (const _ of stream);
    })();
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(await worker.request(1)).toMatchObject({ type: 'cancel', target: id });
  });
});

describe('a dead worker', () => {
  it('rejects all that waits with engine-died and refuses what comes after', async () => {
    const died = vi.fn();
    engine.on('died', died);
    const call = engine.tokenize('x');
    const stream = await engine.chat.completions.create({ messages, stream: true });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    worker.fire('error', { message: 'boom' });
    await expect(call).rejects.toMatchObject({ code: 'engine-died', details: { reason: 'boom' } });
    await expect(reading).rejects.toMatchObject({ code: 'engine-died' });
    await expect(engine.info()).rejects.toMatchObject({ code: 'engine-died' });
    expect(died).toHaveBeenCalledTimes(1);
    expect(worker.isTerminated).toBe(true);
  });

  it('is also one whose message cannot be read', async () => {
    const call = engine.info();
    worker.fire('messageerror');
    await expect(call).rejects.toMatchObject({ code: 'engine-died' });
  });

  it('that never came up rejects connect', async () => {
    const dead = new FakeWorker();
    const connecting = connectTo(dead.endpoint);
    dead.fire('error');
    await expect(connecting).rejects.toMatchObject({ code: 'engine-died' });
    dead.close();
  });

  it('disposed of, fails its calls as disposed, not as died', async () => {
    const died = vi.fn();
    engine.on('died', died);
    const call = engine.info();
    engine.dispose();
    await expect(call).rejects.toMatchObject({ code: 'engine-disposed' });
    expect(died).not.toHaveBeenCalled();
  });
});

describe('a lost device', () => {
  it('is told to its listeners until they are removed', async () => {
    const lost = vi.fn();
    const remove = engine.on('lost', lost);
    const error = encodeError(new AppError('device-lost', { reason: 'destroyed', message: '' }));
    worker.reply({ type: 'lost', error });
    await vi.waitFor(() => expect(lost).toHaveBeenCalledTimes(1));
    expect(lost.mock.calls[0]?.[0]).toMatchObject({ code: 'device-lost' });
    remove();
    worker.reply({ type: 'lost', error });
    const call = engine.info();
    const { id } = await worker.request(0);
    worker.reply({ id, type: 'done', value: INFO });
    await call;
    expect(lost).toHaveBeenCalledTimes(1);
  });
});
