// Compiling takes long (on a software adapter most of a load), so a model's kernels are compiled as soon as its device is open,
// while WebLLM uploads the weights. WebLLM asks for the same pipelines after that; so does the self-test. This makes equal
// requests to one device give the equal object: nobody has to know who compiled first.
import { compileKernel } from '#model-library/kernels/run-kernel.ts';
import type { Kernel } from '#model-library/kernels/kernel.ts';

type Compiling = Promise<GPUComputePipeline>;

/** Pipelines of one device that are made once, however often they are asked for; `release` ends that. */
export class SharedPipelines {
  readonly #device: GPUDevice;
  readonly #bindGroupLayouts = new Map<string, GPUBindGroupLayout>();
  readonly #layouts = new Map<GPUBindGroupLayout, GPUPipelineLayout>();
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #pipelines = new Map<
    GPUShaderModule,
    { layout: GPUPipelineLayout; entry: string; compiling: Compiling }[]
  >();

  constructor(device: GPUDevice) {
    this.#device = device;
    const make = {
      bindGroupLayout: device.createBindGroupLayout.bind(device),
      layout: device.createPipelineLayout.bind(device),
      module: device.createShaderModule.bind(device),
      pipeline: device.createComputePipelineAsync.bind(device),
    };
    // Own properties of this one object; its prototype stays as it is.
    device.createBindGroupLayout = (descriptor) =>
      remembered(this.#bindGroupLayouts, JSON.stringify(descriptor.entries), () => make.bindGroupLayout(descriptor));
    device.createPipelineLayout = (descriptor) => {
      const [only, ...more] = descriptor.bindGroupLayouts;
      return only && more.length === 0
        ? remembered(this.#layouts, only, () => make.layout(descriptor))
        : make.layout(descriptor);
    };
    device.createShaderModule = (descriptor) =>
      remembered(this.#modules, descriptor.code, () => make.module(descriptor));
    device.createComputePipelineAsync = (descriptor) => {
      const { layout, compute } = descriptor;
      const { module, entryPoint: entry, constants } = compute;
      if (layout === 'auto' || entry === undefined || constants) return make.pipeline(descriptor);
      const known = remembered(this.#pipelines, module, () => []);
      const same = known.find((one) => one.layout === layout && one.entry === entry);
      if (same) return same.compiling;
      const compiling = make.pipeline(descriptor);
      known.push({ layout, entry, compiling });
      return compiling;
    };
  }

  /** Starts compiling. What fails is told to whoever asks for that pipeline. */
  start(kernels: readonly Kernel[]): void {
    for (const kernel of kernels) compileKernel(this.#device, kernel).catch(() => undefined);
  }

  /** Forgets everything; the device makes what it is asked for again. */
  release(): void {
    const device = this.#device as Partial<GPUDevice>;
    delete device.createBindGroupLayout;
    delete device.createPipelineLayout;
    delete device.createShaderModule;
    delete device.createComputePipelineAsync;
    for (const map of [this.#bindGroupLayouts, this.#layouts, this.#modules, this.#pipelines]) map.clear();
  }
}

function remembered<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
