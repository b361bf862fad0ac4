// Models from the person's own files, through /sdk.js: whole and split, with what a load may be told.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyModel } from '#tests/support/gguf/tiny-model.ts';
import { openSdkSite } from '#tests/e2e/sdk-site.ts';
import type { PageGlobals, SdkSite } from '#tests/e2e/sdk-site.ts';

const CONTEXT = 64;
let site: SdkSite;

type FileGlobals = PageGlobals & { files: File[] };

beforeAll(async () => {
  site = await openSdkSite();
});
afterAll(() => site?.close());

/** Gives the page files, as a file input would. */
async function choose(name: string, files: readonly Uint8Array[]): Promise<void> {
  const texts = files.map((bytes) => Buffer.from(bytes).toString('base64'));
  await site.page.evaluate(
    ([stem, contents]) => {
      const digits = (value: number) => String(value).padStart(5, '0');
      (globalThis as FileGlobals).files = contents.map((text, index) => {
        const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        const part = contents.length > 1 ? `-${digits(index + 1)}-of-${digits(contents.length)}` : '';
        return new File([bytes], `${stem}${part}.gguf`, { lastModified: 1 });
      });
    },
    [name, texts] as const,
  );
}

it('loads a file, and again by its key without the file', async () => {
  await choose('tiny', tinyModel({ context: CONTEXT, types: 'Q4_0', seed: 5 }));
  site.takeRequests();
  const result = await site.page.evaluate(async () => {
    const { engine, files } = globalThis as FileGlobals;
    const stages = new Set<string>();
    const loaded = await engine.load({ gguf: files[0]!, onProgress: ({ stage }) => stages.add(stage) });
    const first = await engine.evaluate([3, 4, 5], { count: 4 });
    const [stored] = await engine.models.list();
    (globalThis as FileGlobals).files = [];
    const again = await engine.load({ stored: stored!.key });
    const second = await engine.evaluate([3, 4, 5], { count: 4 });
    return { stages: [...stages], loaded, again, stored, first: first.ids, second: second.ids };
  });
  expect(result.stages).toEqual(['disk', 'upload', 'compile', 'check', 'first-token']);
  expect(result.stored).toMatchObject({ name: 'tiny', state: 'complete', architecture: 'llama', source: 'tiny.gguf' });
  expect(result.loaded.model).toMatchObject({ key: result.stored!.key, contextLength: CONTEXT });
  expect(result.loaded.model!.selfTest.layerRows).toBeGreaterThan(0);
  expect(result.again.model).toMatchObject({ key: result.stored!.key });
  expect(result.second).toEqual(result.first);
  expect(site.takeRequests()).toEqual(['engine/import.worker.js']);
});

it('loads the parts of a split model in any order', async () => {
  await choose('split', tinyModel({ context: CONTEXT, types: 'Q8_0', seed: 6, splits: 3 }));
  const info = await site.page.evaluate(async () => {
    const { engine, files } = globalThis as FileGlobals;
    return engine.load({ gguf: [files[2]!, files[0]!, files[1]!] });
  });
  expect(info).toMatchObject({ state: 'ready', model: { name: 'split' } });
});

it('refuses what is no model, by name, and keeps nothing of it', async () => {
  await choose('wrong', [new TextEncoder().encode('<!doctype html>'.repeat(9))]);
  const { code, names } = await site.page.evaluate(async () => {
    const { engine, files } = globalThis as FileGlobals;
    const code = await engine.load({ gguf: files[0]! }).then(String, (error: { code: string }) => error.code);
    return { code, names: (await engine.models.list()).map(({ name }) => name) };
  });
  expect(code).toBe('gguf-magic');
  expect(names.sort()).toEqual(['split', 'tiny']);
});

it('takes a context, a template and WebLLM’s settings for a load', async () => {
  await choose('tiny', tinyModel({ context: CONTEXT, types: 'Q4_0', seed: 5 }));
  const result = await site.page.evaluate(async () => {
    const { engine, files } = globalThis as FileGlobals;
    const gguf = files[0]!;
    const code = (call: Promise<unknown>) =>
      call.then(
        () => 'loaded',
        (error: { code: string }) => error.code,
      );
    const codes = [
      await code(engine.load({ gguf, contextLength: 65 })),
      await code(engine.load({ gguf, contextLength: 0 })),
      await code(engine.load({ gguf, chatTemplate: '{{ unheard_of }}' })),
    ];
    const short = await engine.load({ gguf, contextLength: 32, overrides: { temperature: 0 } });
    const request = { prompt: 'a b c', max_tokens: 6, ignore_eos: true };
    const texts = [await engine.completions.create(request), await engine.completions.create(request)];
    const full = await engine.completions.create({ ...request, max_tokens: 100 });
    return { codes, short, texts: texts.map(({ choices }) => choices[0]!.text), end: full.choices[0]!.finish_reason };
  });
  expect(result.codes).toEqual(['engine-request', 'engine-request', 'chat-template-unknown']);
  expect(result.short.model).toMatchObject({ contextLength: 32 });
  expect(result.texts[1]).toBe(result.texts[0]); // temperature 0 from the overrides
  expect(result.end).toBe('length');
});

it('goes on without end in a sliding window', async () => {
  const { usage, reason } = await site.page.evaluate(async () => {
    const { engine, files } = globalThis as FileGlobals;
    await engine.load({ gguf: files[0]!, overrides: { sliding_window_size: 16, attention_sink_size: 4 } });
    const request = { prompt: 'a b c', max_tokens: 40, ignore_eos: true, temperature: 0 };
    const { usage, choices } = await engine.completions.create(request);
    return { usage, reason: choices[0]!.finish_reason };
  });
  expect(usage).toMatchObject({ completion_tokens: 40 });
  expect(reason).toBe('length');
});
