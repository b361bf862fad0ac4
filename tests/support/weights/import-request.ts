import type { ImportRequest } from '#weights/import/messages.ts';
import runtimeUrl from '../../../src/model-library/runtime/build/runtime.wasm?url';

/** A request with all that does not matter filled in. */
export async function importRequest(
  wanted: Pick<ImportRequest, 'source' | 'databaseName'> & Partial<ImportRequest>,
): Promise<ImportRequest> {
  const runtimeWasm = new Uint8Array(await (await fetch(runtimeUrl)).arrayBuffer());
  return {
    name: null,
    identity: null,
    chatTemplate: null,
    library: { runtimeWasm, version: 'test', profile: 'serial' },
    knownAnswers: [],
    ...wanted,
  };
}

/** The real worker, as the site starts it. */
export const createImportWorker = (): Worker =>
  new Worker(new URL('../../../src/weights/import/import.worker.ts', import.meta.url), { type: 'module' });
