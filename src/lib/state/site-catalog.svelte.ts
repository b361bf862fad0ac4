import type { AppError } from '#base/errors.ts';
import type { Catalog, CatalogModel } from '#catalog/catalog.ts';
import { familiesOf } from './families.ts';
import type { Family } from './families.ts';
import { asAppError } from './problem.ts';

/** The models that the site offers, as its catalog.json says now. */
export class SiteCatalog {
  models = $state.raw<readonly CatalogModel[]>([]);
  /** Why it could not be read. */
  error = $state.raw<AppError | null>(null);
  readonly families: readonly Family[] = $derived(familiesOf(this.models));

  readonly #read: () => Promise<Catalog>;

  constructor(read: () => Promise<Catalog>) {
    this.#read = read;
  }

  /** Reads it unless it was read; a failure is told, and the next call tries again. */
  async load(): Promise<void> {
    if (this.models.length > 0) return;
    try {
      this.models = (await this.#read()).models;
      this.error = null;
    } catch (error) {
      this.error = asAppError(error);
    }
  }

  find(id: string | null): CatalogModel | null {
    return this.models.find((one) => one.id === id) ?? null;
  }
}
