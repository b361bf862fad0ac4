import { trustedScriptUrl } from '#base/trusted-script-url.ts';
import { connect, connectTo } from '#engine/client/connect.ts';
import type { ConnectOptions, Engine } from '#engine/client/engine.ts';

/**
 * Starts the engine that computes on the processor, for browsers without WebGPU: the same Engine, slower, for models up to 2 GiB,
 * without `response_format`. Nothing of WebAssembly is fetched before its first load. Rejects with `engine-died` when its script
 * does not load.
 */
export async function connectCpu(options: ConnectOptions): Promise<Engine> {
  return connectTo(new Worker(trustedScriptUrl(options.workerUrl), { type: 'module', name: 'daylight-engine-cpu' }));
}

export type EngineChoice = 'auto' | 'webgpu' | 'cpu';

export type ChooseOptions = ConnectOptions & {
  /** `auto` takes the processor where the browser gives no WebGPU adapter. */
  readonly engine: EngineChoice;
  /** Where the site serves `engine/cpu.worker.js`. */
  readonly cpuWorkerUrl: string | URL;
};

/** Starts the engine that was chosen, or that this browser can run. */
export async function connectChosen({ engine, workerUrl, cpuWorkerUrl }: ChooseOptions): Promise<Engine> {
  const isOnCpu = engine === 'cpu' || (engine === 'auto' && !(await hasAdapter()));
  return isOnCpu ? connectCpu({ workerUrl: cpuWorkerUrl }) : connect({ workerUrl });
}

async function hasAdapter(): Promise<boolean> {
  const gpu = globalThis.navigator?.gpu as GPU | undefined;
  // A browser that forbids the question answers it too.
  return Boolean(await gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null));
}
