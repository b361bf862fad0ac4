// A catalog as a page shows it.
import type { CatalogModel } from '#catalog/catalog.ts';

/** Variants of one model: the same words, several sizes. */
export type Family = { readonly id: string; readonly variants: readonly CatalogModel[] };

/** In the catalog's own order, of families and in them. */
export function familiesOf(models: readonly CatalogModel[]): Family[] {
  const families = new Map<string, CatalogModel[]>();
  for (const model of models) families.set(model.family, [...(families.get(model.family) ?? []), model]);
  return [...families].map(([id, variants]) => ({ id, variants }));
}

/** The variant to show first: the one the catalog recommends. */
export const firstChoice = ({ variants }: Family): CatalogModel =>
  variants.find(({ badge }) => badge === 'recommended') ?? variants[0]!;

/** Where a throughput can be measured: the model's first address elsewhere; null where the site itself serves it. */
export function sampleAddress({ sources }: CatalogModel): string | null {
  for (const source of sources) {
    const url = source.kind === 'files' ? source.files[0]?.urls[0] : undefined;
    if (url !== undefined) return url;
  }
  return null;
}
