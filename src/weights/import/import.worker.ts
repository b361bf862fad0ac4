// The import worker: does the one import it is sent and says how that ended. Ending the worker cancels it at any time; what is
// stored by then is kept and gone on with.
import { encodeError } from '#engine/protocol/wire-error.ts';
import { WeightStore } from '#weights/store/weight-store.ts';
import { importModel } from './import-model.ts';
import type { ImportProgress, ImportReply, ImportRequest } from './messages.ts';

// The project's types are a page's; this file alone runs as a worker's own scope.
const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const send = (reply: ImportReply) => scope.postMessage(reply);

scope.addEventListener('message', (event) => void run(event.data as ImportRequest), { once: true });

async function run(request: ImportRequest): Promise<void> {
  const store = new WeightStore(request.databaseName);
  const { signal } = new AbortController(); // never aborted: the worker is ended instead
  try {
    const onProgress = (progress: ImportProgress) => send({ type: 'progress', progress });
    send({ type: 'done', result: await importModel(request, { store, signal, onProgress }) });
  } catch (error) {
    send({ type: 'failed', error: encodeError(error) });
  } finally {
    store.close();
  }
}
