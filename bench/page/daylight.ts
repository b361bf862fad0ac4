// Drives Daylight's engine through the same /sdk.js that any page may use.
import type { Engine } from '#engine/client/engine.ts';
import type { LoadProgress } from '#engine/protocol/progress.ts';
import { GenerationClock, offerDriver } from './driver.ts';

const query = new URLSearchParams(location.search);
const modelName = query.get('model');
const urls = query.getAll('gguf').map((path) => new URL(path, location.href).href);
const contextLength = Number(query.get('contextLength'));

const { connect } = (await import(`${location.origin}/sdk.js`)) as { connect(): Promise<Engine> };
const engine = await connect();

type TimedLoad = { elapsedMs: number; bytes: number; stagesMs: Record<string, number> };

/** Loads, and says how long each stage was the newest one reported; `importOnly` stops where uploading begins. */
async function timedLoad(importOnly: boolean): Promise<TimedLoad> {
  const stagesMs: Record<string, number> = {};
  const startedMs = performance.now();
  const stop = new AbortController();
  let stage = 'start';
  let stageAtMs = startedMs;
  let bytes = 0;
  const enter = (next: string) => {
    const now = performance.now();
    stagesMs[stage] = (stagesMs[stage] ?? 0) + now - stageAtMs;
    stage = next;
    stageAtMs = now;
  };
  const onProgress = (progress: LoadProgress) => {
    if (stop.signal.aborted) return;
    if (progress.stage === 'network') bytes = progress.totalBytes;
    // Network and disk run together, so only their sum means something.
    const isImporting = progress.stage === 'network' || progress.stage === 'disk';
    enter(isImporting ? 'import' : progress.stage);
    if (importOnly && !isImporting) stop.abort();
  };
  const source = modelName ? { model: modelName } : { gguf: urls };
  const loading = engine.load({ ...source, contextLength, onProgress, signal: stop.signal });
  await loading.catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  if (!stop.signal.aborted) enter('done');
  return { elapsedMs: stageAtMs - startedMs, bytes, stagesMs };
}

offerDriver({
  async import() {
    const imported = await timedLoad(true);
    if (imported.bytes === 0) throw new Error('Nothing was imported: the model was stored already.');
    return imported;
  },

  load: () => timedLoad(false),

  async generate(prompt, tokens) {
    const clock = new GenerationClock();
    const chunks = await engine.completions.create({
      prompt,
      max_tokens: tokens,
      temperature: 0,
      ignore_eos: true,
      stream: true,
      stream_options: { include_usage: true },
    });
    let completionTokens = 0;
    for await (const chunk of chunks) {
      completionTokens = chunk.usage?.completion_tokens ?? completionTokens;
      const text = chunk.choices[0]?.text ?? '';
      if (text !== '') clock.token(text);
    }
    const stats = engine.lastGeneration;
    if (!stats) throw new Error('The engine has no statistics of its last generation.');
    return clock.finish({
      promptTokens: stats.promptTokens,
      keptTokens: stats.keptTokens,
      completionTokens: completionTokens || stats.completionTokens,
      reported: { prefill: stats.prefillTokensPerSecond, decode: stats.decodeTokensPerSecond },
    });
  },

  async counts() {
    const { gpu, store } = await engine.stats();
    return { ...gpu, storeBytesRead: store.bytesRead };
  },

  async facts() {
    const { adapter, model, memory } = await engine.info();
    return {
      runsOn: adapter
        ? `vendor: ${adapter.vendor} | architecture: ${adapter.architecture} | description: ${adapter.description} | profile: ${model?.profile}`
        : 'no WebGPU',
      version: `library ${model?.libraryVersion}`,
      wasmBytes: memory.wasmBytes,
    };
  },
});
