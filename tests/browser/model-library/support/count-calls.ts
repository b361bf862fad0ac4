// Counts what the page asks of the GPU.
const COUNTED = {
  createBuffer: () => GPUDevice.prototype,
  createComputePipeline: () => GPUDevice.prototype,
  createComputePipelineAsync: () => GPUDevice.prototype,
  createShaderModule: () => GPUDevice.prototype,
  destroy: () => GPUBuffer.prototype,
  mapAsync: () => GPUBuffer.prototype,
  submit: () => GPUQueue.prototype,
  dispatchWorkgroups: () => GPUComputePassEncoder.prototype,
} as const;
export type Counts = Record<keyof typeof COUNTED, number>;

/** Counts calls from now on; `restore` puts the browser's own functions back. */
export function countCalls(): { counts: Counts; restore: () => void } {
  const counts = Object.fromEntries(Object.keys(COUNTED).map((name) => [name, 0])) as Counts;
  const originals = Object.entries(COUNTED).map(([name, prototypeOf]) => {
    const prototype = prototypeOf() as unknown as Record<string, (...args: unknown[]) => unknown>;
    const original = prototype[name]!;
    prototype[name] = function (this: unknown, ...args: unknown[]) {
      counts[name as keyof Counts]++;
      return original.apply(this, args);
    };
    return () => (prototype[name] = original);
  });
  return { counts, restore: () => originals.forEach((restore) => restore()) };
}
