import { invariant } from '#base/invariant.ts';
import type { EngineStats } from '#engine/protocol/info.ts';

// Counts what is asked of WebGPU for a model and knows every device that is opened for one, by wrapping the interfaces of this
// worker alone. Arguments, results and errors pass through unchanged. One thing is done besides: a device that ran out of memory
// where nobody looked is ended, because it no longer holds what was written to it.

type Counts = { -readonly [Name in keyof EngineStats['gpu']]: number };
type Live = { buffers: number; bytes: number };

export type LostDevice = {
  readonly reason: string;
  readonly message: string;
  /** Set when a buffer could not be had: the bytes in buffers at that moment, that one included. */
  readonly refusedAtBytes: number | null;
};

/** Label of a device that holds no model: whoever opens it ends it, its loss is nobody's concern, and it is not counted. */
export const UNWATCHED = 'daylight: unwatched';

export class GpuWatch {
  readonly #counts = {
    dispatches: 0,
    submits: 0,
    buffersCreated: 0,
    buffersDestroyed: 0,
    pipelinesCreated: 0,
    bindGroupsCreated: 0,
    bufferWrites: 0,
    bytesWritten: 0,
    readbacks: 0,
    devicesCreated: 0,
  };
  readonly #devices = new Map<GPUDevice, Live>();
  readonly #released = new WeakSet<GPUDevice>();
  readonly #refusals = new WeakMap<GPUDevice, number>();
  #lastError = '';
  /** Called when a device goes that nobody released. */
  onLost: (lost: LostDevice) => void = () => {};

  counts(): EngineStats['gpu'] {
    const counts: Counts = { ...this.#counts, liveBuffers: 0, liveBufferBytes: 0 };
    for (const live of this.#devices.values()) {
      counts.liveBuffers += live.buffers;
      counts.liveBufferBytes += live.bytes;
    }
    return counts;
  }

  /** The device opened last that is still open. */
  device(): GPUDevice {
    const device = [...this.#devices.keys()].at(-1);
    invariant(device, 'no GPU device is open');
    return device;
  }

  /** From here on, the loss of any open device is no accident. */
  release(): void {
    for (const device of this.#devices.keys()) this.#released.add(device);
  }

  /** Destroys every open device, and with it all its buffers. */
  destroyDevices(): void {
    this.release();
    for (const device of [...this.#devices.keys()]) device.destroy();
  }

  opened(device: GPUDevice): void {
    this.#counts.devicesCreated++;
    this.#devices.set(device, { buffers: 0, bytes: 0 });
    device.addEventListener('uncapturederror', ({ error }) => {
      this.failed(device, error);
      if (!(error instanceof GPUOutOfMemoryError)) return;
      this.refused(device);
      device.destroy();
    });
    void device.lost.then(({ reason, message }) => {
      this.closed(device);
      if (this.#released.has(device)) return;
      const text = [message, this.#lastError].filter(Boolean).join('; ') || 'no further message';
      this.onLost({ reason, message: text, refusedAtBytes: this.#refusals.get(device) ?? null });
    });
  }

  closed(device: GPUDevice): void {
    this.#devices.delete(device);
  }

  /** Kept because the loss that follows an out-of-memory error says nothing of it. */
  failed(device: GPUDevice, error: GPUError): void {
    if (this.#devices.has(device)) this.#lastError = `${error.constructor.name}: ${error.message}`;
  }

  /** A buffer could not be had. WebLLM looks for this after each buffer it makes, and ends the device then. */
  refused(device: GPUDevice): void {
    const bytes = this.#devices.get(device)?.bytes;
    if (bytes !== undefined && !this.#refusals.has(device)) this.#refusals.set(device, bytes);
  }

  bufferCreated(device: GPUDevice, bytes: number): void {
    if (!this.#devices.has(device)) return;
    this.#counts.buffersCreated++;
    this.#add(device, 1, bytes);
  }

  bufferDestroyed(device: GPUDevice, bytes: number): void {
    if (!this.#devices.has(device)) return;
    this.#counts.buffersDestroyed++;
    this.#add(device, -1, -bytes);
  }

  count(what: 'dispatches' | 'submits' | 'pipelinesCreated' | 'bindGroupsCreated' | 'readbacks'): void {
    this.#counts[what]++;
  }

  written(bytes: number): void {
    this.#counts.bufferWrites++;
    this.#counts.bytesWritten += bytes;
  }

  #add(device: GPUDevice, buffers: number, bytes: number): void {
    const live = this.#devices.get(device);
    if (!live) return;
    live.buffers += buffers;
    live.bytes += bytes;
  }
}

/** Puts a watch between this worker and its GPU. Call once, before anything opens a device. */
export function watchGpu(): GpuWatch {
  const watch = new GpuWatch();
  if (!('GPUDevice' in globalThis)) return watch;
  const owners = new WeakMap<GPUBuffer, GPUDevice>();

  after(GPUAdapter.prototype, 'requestDevice', (_, opening, [descriptor]) => {
    if ((descriptor as GPUDeviceDescriptor | undefined)?.label === UNWATCHED) return;
    void opening.then((device) => watch.opened(device), ignore);
  });
  after(GPUDevice.prototype, 'destroy', (device) => watch.closed(device));
  after(GPUDevice.prototype, 'createBuffer', (device, buffer) => {
    owners.set(buffer, device);
    watch.bufferCreated(device, buffer.size);
  });
  after(GPUDevice.prototype, 'createBindGroup', () => watch.count('bindGroupsCreated'));
  after(GPUDevice.prototype, 'createComputePipeline', () => watch.count('pipelinesCreated'));
  after(GPUDevice.prototype, 'createComputePipelineAsync', () => watch.count('pipelinesCreated'));
  after(GPUDevice.prototype, 'popErrorScope', (device, popping) => {
    // WebLLM opens error scopes around createBuffer and nowhere else.
    void popping.then((error) => error && (watch.failed(device, error), watch.refused(device)), ignore);
  });
  after(GPUBuffer.prototype, 'destroy', (buffer) => {
    const device = owners.get(buffer);
    owners.delete(buffer); // a second destroy() changes nothing
    if (device) watch.bufferDestroyed(device, buffer.size);
  });
  after(GPUBuffer.prototype, 'mapAsync', () => watch.count('readbacks'));
  after(GPUQueue.prototype, 'submit', () => watch.count('submits'));
  after(GPUQueue.prototype, 'writeBuffer', (_, _result, args) => watch.written(writtenBytes(args)));
  after(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => watch.count('dispatches'));
  return watch;
}

/** The caller of the watched method gets the rejection; the watch has nothing to add. */
const ignore = () => undefined;

type Methods<T> = { [Name in keyof T]: T[Name] extends (...args: never[]) => unknown ? Name : never }[keyof T];

function after<T extends object, Name extends Methods<T>>(
  prototype: T,
  name: Name,
  see: (self: T, result: ReturnType<Extract<T[Name], (...args: never[]) => unknown>>, args: unknown[]) => void,
): void {
  const original = prototype[name] as (this: T, ...args: unknown[]) => never;
  Object.defineProperty(prototype, name, {
    configurable: true,
    writable: true,
    value: function (this: T, ...args: unknown[]) {
      const result = original.apply(this, args);
      see(this, result, args);
      return result;
    },
  });
}

/** writeBuffer counts its offset and size in elements of a typed array, and in bytes of anything else. */
function writtenBytes([, , data, offset = 0, size]: unknown[]): number {
  const view = data as ArrayBufferLike | ArrayBufferView;
  const unit = 'BYTES_PER_ELEMENT' in view ? Number(view.BYTES_PER_ELEMENT) : 1;
  return typeof size === 'number' ? size * unit : view.byteLength - Number(offset) * unit;
}
