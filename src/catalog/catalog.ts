// The models that a site offers, as data: static/catalog.json. A deployer changes that file, no code and no build.

/**
 * Where the bytes of one model lie. Sources of one model hold different bytes; addresses of one file hold the same. `contentHash` is
 * what a complete import of this source has (weights/import/content-hash.ts), null where nobody has noted it.
 */
export type CatalogSource =
  | { readonly kind: 'files'; readonly files: readonly CatalogFile[]; readonly contentHash: string | null }
  /** The site's own pieces: the address of a model.json below the site's root, which lists them. */
  | { readonly kind: 'site'; readonly list: string; readonly contentHash: string | null };

export type CatalogFile = {
  /** The same bytes at several hosts, the preferred one first. Absolute, or below the site's root. */
  readonly urls: readonly string[];
  /** Null where it is not known exactly. */
  readonly sizeBytes: number | null;
  /** As its host published it; null where nobody has. A host that publishes another one now has another file. */
  readonly sha256: string | null;
};

/** A prompt with the ids that llama.cpp continues it with, greedily, on the same file. */
export type KnownAnswer = { readonly prompt: readonly number[]; readonly continuation: readonly number[] };

/** Words by language (BCP 47); English is always there. */
export type Words = { readonly en: string } & { readonly [language: string]: string };

export type CatalogModel = {
  /** Names the model in addresses, in `load({ model })` and in what is stored. */
  readonly id: string;
  /** What it is called, without its quantisation. */
  readonly name: string;
  /** Models of one family are variants of each other: one card, several sizes. */
  readonly family: string;
  readonly quantization: string;
  readonly badge: 'included' | 'recommended' | 'fastest' | 'precise' | null;
  /** Changes when the bytes do: the SHA-256 of the GGUF where it is known. */
  readonly version: string;
  /** Tried in order, until one can be opened. */
  readonly sources: readonly CatalogSource[];
  /** To download; to the last byte where every file says its own. */
  readonly sizeBytes: number;
  readonly parameterCount: number;
  /** Positions the model was trained for. */
  readonly contextLength: number;
  readonly memory: {
    /** On the GPU. */
    readonly weightBytes: number;
    readonly largestBufferBytes: number;
    /** Of the KV cache, for one position. */
    readonly kvBytesPerPosition: number;
  };
  readonly licence: {
    readonly name: string;
    readonly url: string;
    readonly allowsCommercialUse: boolean;
  };
  /** The model's own page. */
  readonly homepage: string;
  /** BCP 47, best first. */
  readonly languages: readonly string[];
  readonly goodAt: Words;
  /** What to know before one relies on it. */
  readonly limits: Words;
  /** Tuned for single questions: it is told its instructions again before every later one. */
  readonly singleTurn: boolean;
  readonly sampling: { readonly temperature: number; readonly topP: number };
  readonly knownAnswers: readonly KnownAnswer[];
};

export type Catalog = { readonly models: readonly CatalogModel[] };

/** What tells a model from the other sizes of its family; the included one has none. */
export const variantName = ({
  name,
  quantization,
  badge,
}: Pick<CatalogModel, 'name' | 'quantization' | 'badge'>): string =>
  badge === 'included' ? name : `${name} ${quantization}`;

/** Stands for a model's bytes, wherever they come from. */
export const identityOf = ({ id, version }: Pick<CatalogModel, 'id' | 'version'>): string => `${id}@${version}`;

/** The id in an identity; null for models that came from no catalog. */
export function catalogIdOf(identity: string): string | null {
  return /^([a-z0-9][a-z0-9._-]{0,63})@/.exec(identity)?.[1] ?? null;
}

/** Bytes of GPU memory for a model with this many positions. */
export function memoryBytes({ memory }: Pick<CatalogModel, 'memory'>, contextLength: number): number {
  return memory.weightBytes + memory.kvBytesPerPosition * contextLength;
}
