// The page of the import benchmark: a file input, the real import worker, and each of its stages alone.
import { importInWorker } from '#weights/import/import-client.ts';
import type { Stage, StageTimes } from './stages.worker.ts';

const input = document.body.appendChild(Object.assign(document.createElement('input'), { type: 'file' }));
let key = '';

async function runtimeWasm(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await fetch('/runtime.wasm')).arrayBuffer());
}

export type ImportBench = {
  /** Imports the chosen file; milliseconds from the call to the end. */
  import(): Promise<number>;
  /** One stage of an import by itself, over the first `bytes` of the file. */
  stage(stage: Stage, bytes: number): Promise<StageTimes>;
  /** Bytes in use as the browser says, before and after the imported model is deleted. */
  remove(): Promise<{ readonly beforeBytes: number; readonly afterBytes: number; readonly elapsedMs: number }>;
};

const driver: ImportBench = {
  async import() {
    const library = { runtimeWasm: await runtimeWasm(), version: 'bench', profile: 'serial' as const };
    const source = { kind: 'files', files: [input.files![0]!] } as const;
    const request = {
      source,
      name: null,
      identity: null,
      chatTemplate: null,
      sampling: null,
      library,
      knownAnswers: [],
    };
    const startedMs = performance.now();
    const createWorker = () => new Worker('/import.worker.js', { type: 'module' });
    key = (await importInWorker(request, { createWorker })).key;
    return performance.now() - startedMs;
  },

  stage(stage, bytes) {
    const worker = new Worker('/stages.worker.js', { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
      worker.onmessage = ({ data }: MessageEvent<StageTimes>) => {
        worker.terminate();
        resolve(data);
      };
      worker.postMessage({ stage, bytes, file: input.files![0]!, key });
    });
  },

  async remove() {
    const usage = async () => (await navigator.storage.estimate()).usage ?? 0;
    const beforeBytes = await usage();
    const startedMs = performance.now();
    await this.stage('delete', 0);
    let afterBytes = await usage();
    while (afterBytes > beforeBytes / 10 && performance.now() - startedMs < 30_000) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      afterBytes = await usage();
    }
    return { beforeBytes, afterBytes, elapsedMs: performance.now() - startedMs };
  },
};
Object.assign(globalThis, { bench: driver });
