import type { CatalogModel } from '#catalog/catalog.ts';
import type { Engine } from '#engine/client/engine.ts';
import type { GpuAssessment } from '#engine/protocol/info.ts';
import type { Device } from './device.ts';
import { gpuNeed, isMetered, mayTry, readiness } from './readiness.ts';
import type { Facts, Readiness } from './readiness.ts';
import { sampleAddress } from './families.ts';
import type { Connection, StorageRoom } from './surroundings.ts';

/** What the browser tells without being asked to allocate or download. */
export type Surroundings = {
  readonly isHandheld: boolean;
  readonly memoryGiB: number | null;
  readonly storage: StorageRoom | null;
  readonly connection: Connection | null;
};

type Outside = {
  checkDevice: () => Promise<Device>;
  readSurroundings: (device: Device) => Promise<Surroundings>;
  measureThroughput: (url: string) => Promise<number | null>;
  engine: () => Promise<Engine>;
};

/** What is known of this device. The cheap questions are asked at once, the trial only when a person wants it. */
export class DeviceCheck {
  device = $state.raw<Device | null>(null);
  surroundings = $state.raw<Surroundings | null>(null);
  trial = $state.raw<GpuAssessment | null>(null);
  bytesPerSecond = $state.raw<number | null>(null);
  /** Id of the model that the device is tried for now. */
  checking = $state.raw<string | null>(null);
  /** Null until the browser has answered the first questions. */
  readonly facts: Facts | null = $derived.by(() => {
    const { device, surroundings, trial, bytesPerSecond } = this;
    if (device === null || surroundings === null) return null;
    const { problem, isSoftware, hasProcessor } = device;
    return { hasGpu: problem === null, hasProcessor, isSoftware, ...surroundings, trial, bytesPerSecond };
  });

  readonly #outside: Outside;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  async start(): Promise<void> {
    this.device = await this.#outside.checkDevice();
    await this.refresh();
  }

  /** Asks again what changes: the room on the disk, the network. */
  async refresh(): Promise<void> {
    if (this.device !== null) this.surroundings = await this.#outside.readSurroundings(this.device);
  }

  /** The report for one model; null while too little is known. */
  report(entry: CatalogModel, storedBytes: number, models: readonly CatalogModel[]): Readiness | null {
    return this.facts && readiness(entry, storedBytes, this.facts, models);
  }

  /** Tries the memory the model needs, and how fast its bytes come. Does neither where that could harm or cost. */
  async run(entry: CatalogModel, storedBytes: number): Promise<void> {
    if (this.checking !== null) return;
    this.checking = entry.id;
    try {
      await this.refresh();
      await Promise.all([this.#tryMemory(entry, storedBytes), this.#measure(entry)]);
    } finally {
      this.checking = null;
    }
  }

  async #tryMemory(entry: CatalogModel, storedBytes: number): Promise<void> {
    if (this.facts === null || !mayTry(entry, storedBytes, this.facts)) return;
    const need = gpuNeed(entry);
    const engine = await this.#outside.engine();
    this.trial = await engine.assess(need);
  }

  async #measure(entry: CatalogModel): Promise<void> {
    const url = sampleAddress(entry);
    if (url === null || this.bytesPerSecond !== null || isMetered(this.surroundings?.connection ?? null)) return;
    this.bytesPerSecond = await this.#outside.measureThroughput(url);
  }
}
