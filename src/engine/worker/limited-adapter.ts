// What WebLLM 0.2.86 finds as `navigator.gpu`. It opens its device itself, and refuses adapters with less than 32 KiB of
// workgroup memory, 10 storage buffers a stage or 256 MiB a buffer, which Firefox and many phones do not offer and our kernels do
// not need. So it is shown an adapter that claims as much, and whose device is the one that the engine has opened for the model.
// To be deleted when WebLLM takes a device, or the limits it wants, from its caller.
import { invariant } from '#base/invariant.ts';

/** What WebLLM compares and asks for; these values also keep it from logging that it falls back to less. */
const CLAIMED_LIMITS = {
  maxBufferSize: 2 ** 30,
  maxStorageBufferBindingSize: 2 ** 30,
  maxComputeWorkgroupStorageSize: 32 << 10,
  maxStorageBuffersPerShaderStage: 10,
  maxComputeInvocationsPerWorkgroup: 1024,
} as const satisfies Partial<Record<keyof GPUSupportedLimits, number>>;

/** The part of GPUAdapter that WebLLM uses. */
type PresentedAdapter = {
  readonly limits: typeof CLAIMED_LIMITS;
  readonly features: ReadonlySet<string>;
  readonly info: GPUAdapterInfo;
  requestDevice(): Promise<GPUDevice>;
};

/** Stands for the worker's GPU. Whoever asks it for a device gets the one that was offered last, once. */
export class PresentedGpu {
  #offer: { readonly info: GPUAdapterInfo; readonly device: GPUDevice } | null = null;

  offer(info: GPUAdapterInfo, device: GPUDevice): void {
    this.#offer = { info, device };
  }

  async requestAdapter(): Promise<PresentedAdapter | null> {
    const offer = this.#offer;
    if (!offer) return null;
    return {
      limits: CLAIMED_LIMITS,
      features: new Set(), // our kernels use none
      info: offer.info,
      requestDevice: async () => {
        invariant(this.#offer === offer, 'the offered GPU device has not been taken');
        this.#offer = null;
        return offer.device;
      },
    };
  }
}

/** Puts a PresentedGpu in the place of this worker's `navigator.gpu`. The true one is what the engine was given before. */
export function presentGpu(navigator: WorkerNavigator): PresentedGpu {
  const gpu = new PresentedGpu();
  Object.defineProperty(navigator, 'gpu', { configurable: true, value: gpu });
  return gpu;
}
