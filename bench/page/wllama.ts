// Drives @wllama/wllama (llama.cpp compiled to wasm) on the same GGUF. The URL's query chooses threads and layers on the GPU.
import type { RawCompletionChunk, Wllama as WllamaClass } from '@wllama/wllama/esm/index.js';
import { countGpuCallsInBlobWorkers, readGpuCounters } from './gpu-counters.ts';
import { GenerationClock, offerDriver } from './driver.ts';

const query = new URLSearchParams(location.search);
const modelUrl = new URL(query.get('model')!, location.href).href;
const threads = Number(query.get('threads'));
const gpuLayers = Number(query.get('gpuLayers'));
const contextLength = Number(query.get('contextLength'));

const PACKAGE = '/node_modules/@wllama/wllama/esm/';
const { Wllama } = (await import(`${PACKAGE}index.js`)) as typeof import('@wllama/wllama/esm/index.js');

if (gpuLayers > 0) countGpuCallsInBlobWorkers();
const nativeLog: string[] = [];
const keep = (...words: unknown[]) => void nativeLog.push(words.map(String).join(' '));
const logger = { debug: keep, log: keep, warn: keep, error: keep };
const engine: WllamaClass = new Wllama({ default: `${PACKAGE}wasm/wllama.wasm` }, { logger });
engine.setCompat(null); // the compatibility build would come from the network

/** The line in which llama.cpp names the adapter it computes on. */
function adapterLine(): string | null {
  return nativeLog.find((line) => line.includes('adapter_info:'))?.replace(/^.*adapter_info:\s*/, '') ?? null;
}

/** llama.cpp falls back silently; what it asked of the adapter in vain says why. */
async function whyOnCpu(): Promise<string> {
  const lacked = (await readGpuCounters())?.lackedFeatures ?? [];
  return lacked.length > 0
    ? `llama.cpp computed on the CPU: it asked the WebGPU adapter for ${lacked.join(', ')}, which this adapter lacks`
    : `llama.cpp computed on the CPU and asked no adapter. ${nativeLog.slice(-5).join(' | ')}`;
}

offerDriver({
  async import() {
    const startedMs = performance.now();
    const model = await engine.modelManager.downloadModel(modelUrl);
    return { bytes: model.size, elapsedMs: performance.now() - startedMs, stagesMs: {} };
  },

  async load() {
    const startedMs = performance.now();
    const stored = (await engine.modelManager.getModels()).find((model) => model.url === modelUrl);
    if (!stored) throw new Error(`${modelUrl} is not stored.`);
    await engine.loadModel(stored, {
      n_ctx: contextLength,
      n_threads: threads,
      n_gpu_layers: gpuLayers,
      n_parallel: 1, // one conversation, as ours; the default divides the context among four
    });
    if (gpuLayers > 0 && !adapterLine()) throw new Error(await whyOnCpu());
    if (gpuLayers === 0 && engine.getNumThreads() !== threads) {
      throw new Error(`It runs ${engine.getNumThreads()} threads in place of ${threads}.`);
    }
    return { elapsedMs: performance.now() - startedMs, stagesMs: {} };
  },

  async generate(prompt, tokens) {
    const clock = new GenerationClock();
    let last: RawCompletionChunk | null = null;
    await engine.createCompletion({
      prompt,
      max_tokens: tokens,
      temperature: 0,
      top_k: 1,
      ignore_eos: true,
      stream: true,
      // llama.cpp would otherwise answer a repeated prompt from its cache.
      ...{ cache_prompt: false },
      onData(chunk) {
        last = chunk;
        const text = chunk.choices[0]?.text ?? '';
        if (text !== '') clock.token(text);
      },
    });
    const timings = (last as RawCompletionChunk | null)?.timings;
    if (!timings) throw new Error('The last chunk has no timings.');
    return clock.finish({
      promptTokens: timings.prompt_n + timings.cache_n,
      keptTokens: timings.cache_n,
      completionTokens: timings.predicted_n,
      reported: { prefill: timings.prompt_per_second, decode: timings.predicted_per_second },
    });
  },

  async counts() {
    const counted = gpuLayers > 0 ? await readGpuCounters() : null;
    return counted && { ...counted, storeBytesRead: null };
  },

  async facts() {
    return {
      runsOn: gpuLayers > 0 ? (adapterLine() ?? 'CPU') : `CPU, ${engine.getNumThreads()} thread(s)`,
      version: `llama.cpp ${Wllama.getLibllamaVersion()}`,
      wasmBytes: null,
    };
  },
});
