import { AppError } from '#base/errors.ts';
import type { Catalog } from '#catalog/catalog.ts';
import { parseCatalog } from '#catalog/parse-catalog.ts';

/** Reads a site's catalog.json; throws `catalog-unreachable` or `catalog-invalid`. */
export async function readCatalog(url: string, fetchJson: typeof fetch): Promise<Catalog> {
  let json: unknown;
  try {
    const response = await fetchJson(url, { cache: 'no-cache' });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    json = await response.json();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('catalog-unreachable', { url, reason }, { cause: error });
  }
  return parseCatalog(json);
}
