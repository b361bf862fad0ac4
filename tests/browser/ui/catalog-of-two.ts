import type { Catalog } from '#catalog/catalog.ts';
import { parseCatalog } from '#catalog/parse-catalog.ts';
import catalog from '../../../static/catalog.json';

/** The catalog as it is served: the included model, and SOLAR in four sizes. */
export const CATALOG: Catalog = parseCatalog(catalog);
