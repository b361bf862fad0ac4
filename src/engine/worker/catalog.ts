import type { KnownAnswer } from '#engine/worker/model-source.ts';

export type CatalogEntry = {
  readonly id: string;
  readonly name: string;
  /** Any one piece of the split GGUF, below the site's root; the others are found by its name. */
  readonly path: string;
  /** Changes when the bytes do: the SHA-256 of the whole GGUF before it was split. */
  readonly sha256: string;
  /** Greedy continuations by llama.cpp on the same file. */
  readonly knownAnswers: readonly KnownAnswer[];
};

/** Models that the site itself serves. */
export const CATALOG: readonly CatalogEntry[] = [
  {
    id: 'smollm2-135m-instruct',
    name: 'SmolLM2-135M-Instruct',
    path: 'models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    knownAnswers: [
      // "1, 2, 3, 4, 5,": the best token leads by more than 2.7 at every step, so any correct machine says the same.
      {
        prompt: [33, 28, 216, 34, 28, 216, 35, 28, 216, 36, 28, 216, 37, 28],
        continuation: [216, 38, 28, 216, 39, 28, 216, 40],
      },
    ],
  },
];
