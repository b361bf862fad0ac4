import { AppError, isAppError } from '#base/errors.ts';
import type { Catalog, CatalogFile, CatalogModel } from '#catalog/catalog.ts';
import { parseCatalog } from '#catalog/parse-catalog.ts';
import { siteUrls } from '#engine/worker/site-urls.ts';
import type { GgufSource } from '#weights/import/open-sources.ts';
import type { MirroredFile } from '#weights/source/mirrored-source.ts';

/** Below the site's root. */
const CATALOG_PATH = 'catalog.json';

/** Reads the site's catalog.json, as it is now. Throws `catalog-unreachable` or `catalog-invalid`. */
export async function readCatalog(siteUrl: URL, signal: AbortSignal): Promise<Catalog> {
  const url = new URL(CATALOG_PATH, siteUrl).href;
  let json: unknown;
  try {
    const response = await fetch(url, { signal, cache: 'no-cache' });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    json = await response.json();
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('catalog-unreachable', { url, reason }, { cause: error });
  }
  return parseCatalog(json);
}

/** The entry of that id; throws `model-unknown` with the ids there are. */
export function findEntry({ models }: Catalog, model: string): CatalogModel {
  const entry = models.find(({ id }) => id === model);
  if (!entry) throw new AppError('model-unknown', { model, known: models.map(({ id }) => id).join(', ') });
  return entry;
}

/** Where an entry's bytes can be had, the preferred place first. */
export type EntrySources = {
  readonly sources: readonly GgufSource[];
  /** Why a place that the site lists itself was left out; null where none was. */
  readonly failure: AppError | null;
};

/** Where an entry's bytes can be had. Throws `source-unreachable` where no place is known without a list that cannot be had. */
export async function importSources(
  { sources }: CatalogModel,
  siteUrl: URL,
  signal: AbortSignal,
): Promise<EntrySources> {
  const found: GgufSource[] = [];
  let failure: AppError | null = null;
  for (const source of sources) {
    const { contentHash } = source;
    if (source.kind === 'files') {
      found.push({ kind: 'urls', urls: source.files.map((file) => mirrored(file, siteUrl)), contentHash });
      continue;
    }
    try {
      found.push({ kind: 'urls', urls: await siteUrls(new URL(source.list, siteUrl), signal), contentHash });
    } catch (error) {
      if (!isAppError(error, 'source-unreachable')) throw error;
      failure = error;
    }
  }
  if (found.length === 0 && failure) throw failure;
  return { sources: found, failure };
}

function mirrored({ urls, sizeBytes, sha256 }: CatalogFile, siteUrl: URL): MirroredFile {
  return { urls: urls.map((url) => new URL(url, siteUrl).href), sizeBytes, sha256 };
}
