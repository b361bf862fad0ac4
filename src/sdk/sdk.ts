// What a page gets from /sdk.js. The file is one module that needs nothing but the workers served beside it.
import { connect as connectTo } from '#engine/client/connect.ts';
import type { ConnectOptions, Engine } from '#engine/client/engine.ts';

export { AppError, isAppError } from '#base/errors.ts';

/** Starts an engine in a worker of its own. Rejects with `engine-died` when the worker's script cannot be loaded. */
export function connect(options: Partial<ConnectOptions> = {}): Promise<Engine> {
  return connectTo({
    workerUrl: options.workerUrl ?? new URL(/* @vite-ignore */ './engine/engine.worker.js', import.meta.url),
  });
}
