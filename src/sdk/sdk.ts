// What a page gets from /sdk.js. The file is one module that needs nothing but the workers served beside it.
import { connectChosen } from '#engine/client/connect-cpu.ts';
import type { ChooseOptions } from '#engine/client/connect-cpu.ts';
import type { Engine } from '#engine/client/engine.ts';

export { AppError, isAppError } from '#base/errors.ts';

/**
 * Starts an engine in a worker of its own: on the GPU, or on the processor where there is no WebGPU, unless `engine` says which.
 * Rejects with `engine-died` when the worker's script cannot be loaded.
 */
export function connect(options: Partial<ChooseOptions> = {}): Promise<Engine> {
  return connectChosen({
    engine: options.engine ?? 'auto',
    workerUrl: options.workerUrl ?? new URL(/* @vite-ignore */ './engine/engine.worker.js', import.meta.url),
    cpuWorkerUrl: options.cpuWorkerUrl ?? new URL(/* @vite-ignore */ './engine/cpu.worker.js', import.meta.url),
  });
}
