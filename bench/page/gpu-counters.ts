// Counts WebGPU calls inside a worker that is not ours, by wrapping the classes before its script runs.

export type GpuCounters = {
  dispatches: number;
  submits: number;
  readbacks: number;
  buffersCreated: number;
  bindGroupsCreated: number;
  pipelinesCreated: number;
  /** Created and neither destroyed nor collected. */
  liveBufferBytes: number;
  bytesWritten: number;
  /** Features that were asked for and that the adapter or device lacks. */
  lackedFeatures: string[];
};

export const COUNTER_CHANNEL = 'bench-gpu-counters';

/** Runs in the worker as text, so it must not use anything from outside itself. */
function countGpuCalls(channelName: string): void {
  if (typeof GPUDevice === 'undefined') return;
  const counts: GpuCounters = {
    dispatches: 0,
    submits: 0,
    readbacks: 0,
    buffersCreated: 0,
    bindGroupsCreated: 0,
    pipelinesCreated: 0,
    liveBufferBytes: 0,
    bytesWritten: 0,
    lackedFeatures: [],
  };
  type Method = (this: unknown, ...given: unknown[]) => unknown;
  const wrap = (type: { prototype: object }, name: string, before: (self: unknown, given: unknown[]) => void) => {
    const methods = type.prototype as Record<string, Method>;
    const original = methods[name]!;
    methods[name] = function (...given) {
      before(this, given);
      return original.apply(this, given);
    };
  };
  const has = GPUSupportedFeatures.prototype.has;
  GPUSupportedFeatures.prototype.has = function (name) {
    const isThere = has.call(this, name);
    if (!isThere && !counts.lackedFeatures.includes(name)) counts.lackedFeatures.push(name);
    return isThere;
  };
  wrap(GPUComputePassEncoder, 'dispatchWorkgroups', () => counts.dispatches++);
  wrap(GPUComputePassEncoder, 'dispatchWorkgroupsIndirect', () => counts.dispatches++);
  wrap(GPUQueue, 'submit', () => counts.submits++);
  wrap(GPUQueue, 'writeBuffer', (_self, given) => {
    const bytes = given[2] as ArrayBuffer | ArrayBufferView;
    const unit = 'BYTES_PER_ELEMENT' in bytes ? Number(bytes.BYTES_PER_ELEMENT) : 1;
    counts.bytesWritten += given[4] === undefined ? bytes.byteLength : Number(given[4]) * unit;
  });
  wrap(GPUBuffer, 'mapAsync', (_self, given) => (counts.readbacks += given[0] === GPUMapMode.READ ? 1 : 0));
  wrap(GPUDevice, 'createBindGroup', () => counts.bindGroupsCreated++);
  wrap(GPUDevice, 'createComputePipeline', () => counts.pipelinesCreated++);
  wrap(GPUDevice, 'createComputePipelineAsync', () => counts.pipelinesCreated++);

  const live = new WeakSet<GPUBuffer>();
  const collected = new FinalizationRegistry<number>((size) => (counts.liveBufferBytes -= size));
  const createBuffer = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    counts.buffersCreated++;
    counts.liveBufferBytes += buffer.size;
    live.add(buffer);
    collected.register(buffer, buffer.size, buffer);
    return buffer;
  };
  wrap(GPUBuffer, 'destroy', (self) => {
    const buffer = self as GPUBuffer;
    if (!live.delete(buffer)) return;
    collected.unregister(buffer);
    counts.liveBufferBytes -= buffer.size;
  });

  const channel = new BroadcastChannel(channelName);
  channel.addEventListener('message', ({ data }) => {
    if (data === 'read') channel.postMessage(counts);
  });
}

/** From here on every worker made from a script held in memory counts its WebGPU calls. */
export function countGpuCallsInBlobWorkers(): void {
  const prelude = `(${countGpuCalls.toString()})(${JSON.stringify(COUNTER_CHANNEL)});\n`;
  const createObjectURL = URL.createObjectURL;
  URL.createObjectURL = (object) =>
    object instanceof Blob && object.type === 'text/javascript'
      ? createObjectURL(new Blob([prelude, object], { type: object.type }))
      : createObjectURL(object);
}

/** The counts of the one counting worker; null when none answers within a second. */
export function readGpuCounters(): Promise<GpuCounters | null> {
  const channel = new BroadcastChannel(COUNTER_CHANNEL);
  return new Promise<GpuCounters | null>((resolve) => {
    channel.addEventListener('message', ({ data }) => {
      if (data !== 'read') resolve(data as GpuCounters);
    });
    setTimeout(() => resolve(null), 1000);
    channel.postMessage('read');
  }).finally(() => channel.close());
}
