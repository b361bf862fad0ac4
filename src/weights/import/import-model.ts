// One import from beginning to end. All that can be refused is refused before the first byte of weights is read; a model that
// was begun is gone on with, chunk by chunk; and it is declared complete last.
import { AppError, isAppError } from '#base/errors.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import type { ModelRecord } from '#weights/store/model-record.ts';
import { checkRoom } from '#weights/store/storage-errors.ts';
import { checkChunk } from '#weights/store/verify-model.ts';
import type { WeightStore } from '#weights/store/weight-store.ts';
import { checkSameBytes } from './check-same-bytes.ts';
import { checkContent } from './content-hash.ts';
import { openFirst } from './choose-source.ts';
import { importFolder } from './import-folder.ts';
import { isLoadable } from './imported-model.ts';
import type { ImportProgress, ImportRequest, ImportResult } from './messages.ts';
import { withImportLock } from './model-lock.ts';
import { isFrom, type ImportSource } from './open-sources.ts';
import { sourceBytesOf, type PlannedChunk } from './plan.ts';
import { prepareImport, type PreparedImport } from './prepare-import.ts';
import { writeChunks } from './write-chunks.ts';

export type ImportTools = {
  readonly store: WeightStore;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
};

/** Brings a model into the store, or finds it there. Throws an AppError, or the signal's reason. */
export async function importModel(request: ImportRequest, tools: ImportTools): Promise<ImportResult> {
  const { store, signal, onProgress } = tools;
  onProgress({ stage: 'header', doneBytes: 0, totalBytes: 0 });
  const complete = (await store.list()).filter(isLoadable);
  const { source } = request;
  if (source.kind === 'folder') return importFolder(source.files, request, tools);
  const known = request.identity === null ? null : complete.find(({ identity }) => identity === request.identity);
  if (known) return found(known);

  const begun = request.identity === null ? [] : await begunWith(store, request.identity);
  let sources: ByteSource[];
  try {
    const candidates = [source, ...(request.alternatives ?? [])];
    sources = await openFirst(candidates, begun, { signal, retry: request.retry });
  } catch (error) {
    // Without a network, what was imported from there earlier is what is wanted.
    const earlier = isAppError(error, 'source-unreachable')
      ? complete.find(({ locators }) => isFrom(source, locators))
      : null;
    if (earlier) return found(earlier);
    throw error;
  }
  try {
    const identity = request.identity ?? sources.map(({ fingerprint }) => fingerprint).join('\n');
    const same = complete.find((record) => record.identity === identity);
    if (same) return found(same);
    const prepared = await prepareImport(request, identity, sources, signal);
    const onWait = () => onProgress({ stage: 'waiting', doneBytes: 0, totalBytes: prepared.plan.weightBytes });
    return await withImportLock(prepared.draft.key, signal, onWait, () => write(prepared, sources, request, tools));
  } finally {
    sources.forEach((source) => source.close());
  }
}

async function write(
  { draft, plan, files }: PreparedImport,
  sources: readonly ByteSource[],
  request: ImportRequest,
  { store, signal, onProgress }: ImportTools,
): Promise<ImportResult> {
  const { key } = draft;
  let record = await store.begin(draft);
  if (record.state === 'complete') return found(record);
  record = await checkNewestChunk(store, record);
  if (request.identity !== null) await checkSameBytes(store, record, plan, sources, signal);

  const chunks = plan.shards.flatMap((shard) => shard.chunks);
  const missing = chunks.filter((chunk) => !isStored(record, chunk));
  const totalRead = sum(chunks.map(sourceBytesOf));
  let readBytes = totalRead - sum(missing.map(sourceBytesOf));
  let doneBytes = plan.weightBytes - sum(missing.map(({ sizeBytes }) => sizeBytes));
  await checkRoom(plan.weightBytes - doneBytes); // better told now than after an hour
  const before = readBytes;
  const report = () => {
    onProgress({ stage: 'network', doneBytes: readBytes, totalBytes: totalRead });
    onProgress({ stage: 'disk', doneBytes, totalBytes: plan.weightBytes });
  };
  report();
  await writeChunks(missing, sources, (chunk, bytes) => store.putChunk(key, chunk.path, chunk.index, bytes), {
    signal,
    onRead(bytes) {
      readBytes += bytes;
      report();
    },
    onWritten(chunk) {
      doneBytes += chunk.sizeBytes;
      report();
    },
  }).catch((error: unknown) => {
    if (!isAppError(error, 'storage-full')) throw error;
    // The store knows of one chunk; what the user must find room for is the rest of the model.
    throw new AppError(
      'storage-full',
      { ...error.details, neededBytes: plan.weightBytes - doneBytes },
      { cause: error },
    );
  });
  signal.throwIfAborted();
  await checkWhole(key, [request.source, ...(request.alternatives ?? [])], store);
  for (const [path, bytes] of files) await store.putFile(key, path, bytes);
  const { version, profile } = request.library;
  await store.complete(key, { version, profile });
  return { key, isNew: true, readBytes: readBytes - before };
}

/** Holds all chunks against what their source is known by. Which of them are wrong nobody knows, so all are erased then. */
async function checkWhole(key: string, sources: readonly ImportSource[], store: WeightStore): Promise<void> {
  const record = await store.describe(key);
  const source = record && sources.find((one) => isFrom(one, record.locators));
  if (!record || source?.kind !== 'urls' || !source.contentHash) return;
  try {
    await checkContent(record, source.contentHash);
  } catch (error) {
    if (isAppError(error, 'import-content')) await store.delete(key);
    throw error;
  }
}

/** After a crash the newest chunk is the one that may not have reached the disk. */
async function checkNewestChunk(store: WeightStore, record: ModelRecord): Promise<ModelRecord> {
  const stored = record.files.flatMap(({ path, chunks }) =>
    chunks.flatMap(({ sha256 }, index) => (sha256 === null ? [] : [{ path, index }])),
  );
  const newest = stored.at(-1);
  if (!newest) return record;
  const damage = await checkChunk(store, record, newest.path, newest.index);
  if (!damage) return record;
  await store.forget(record.key, [damage]);
  return (await store.describe(record.key)) ?? record;
}

function isStored({ files }: ModelRecord, { path, index }: PlannedChunk): boolean {
  return typeof files.find((file) => file.path === path)?.chunks[index]?.sha256 === 'string';
}

/** Models with this identity whose import has not ended. */
async function begunWith(store: WeightStore, identity: string): Promise<ModelRecord[]> {
  return (await store.list()).filter((record) => record.state === 'importing' && record.identity === identity);
}

const found = ({ key }: ModelRecord): ImportResult => ({ key, isNew: false, readBytes: 0 });
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
