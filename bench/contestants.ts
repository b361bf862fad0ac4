// Who takes part, each as the page that drives it.
import type { BenchModel } from './model.ts';
import { CONTEXT_LENGTH } from './prompts.ts';

export type Contestant = {
  readonly id: string;
  readonly label: string;
  readonly usesGpu: boolean;
  /** Path and query on the bench server. */
  readonly path: string;
};

export const OURS = 'daylight';

function wllama(id: string, label: string, threads: number, gpuLayers: number, model: BenchModel): Contestant {
  const query = new URLSearchParams({
    model: model.paths[0]!, // it finds the other pieces by their numbers
    threads: String(threads),
    gpuLayers: String(gpuLayers),
    contextLength: String(CONTEXT_LENGTH),
  });
  return { id, label, usesGpu: gpuLayers > 0, path: `bench/wllama?${query}` };
}

/** Everyone, or those BENCH_ENGINES names (comma-separated ids). */
export function contestants(model: BenchModel): Contestant[] {
  const query = new URLSearchParams({ contextLength: String(CONTEXT_LENGTH) });
  if (model.isCatalog) query.set('model', model.name);
  else for (const path of model.paths) query.append('gguf', path);
  const all: Contestant[] = [
    { id: OURS, label: 'Daylight, WebGPU', usesGpu: true, path: `bench/daylight?${query}` },
    wllama('wllama-cpu-1', 'wllama, 1 CPU thread', 1, 0, model),
    wllama('wllama-cpu-2', 'wllama, 2 CPU threads', 2, 0, model),
    wllama('wllama-webgpu', 'wllama, WebGPU', 1, 999, model),
  ];
  const wanted = process.env.BENCH_ENGINES?.split(',');
  if (!wanted) return all;
  const unknown = wanted.filter((id) => !all.some((one) => one.id === id));
  if (unknown.length > 0) {
    throw new Error(`BENCH_ENGINES names ${unknown.join(', ')}; there are ${all.map(({ id }) => id).join(', ')}.`);
  }
  return all.filter(({ id }) => wanted.includes(id));
}
