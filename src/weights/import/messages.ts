import type { KnownAnswer } from '#catalog/catalog.ts';
import type { WireError } from '#engine/protocol/wire-error.ts';
import type { Sampling } from '#formats/chat-template/chat-config.ts';
import type { KernelProfile } from '#model-library/kernels/kernel.ts';
import type { RetryPolicy } from '#weights/source/retry.ts';
import type { GgufSource, ImportSource } from './open-sources.ts';

export type ImportRequest = {
  readonly source: ImportSource;
  /** Other files of the same model, tried in order where `source` cannot be opened and nothing of it is stored. */
  readonly alternatives?: readonly GgufSource[];
  /** What to call the model; the file's name where null. */
  readonly name: string | null;
  /**
   * Stands for the bytes wherever they come from: a catalog's id and version. Null takes the source's fingerprint, so that the
   * same file from another place is another model.
   */
  readonly identity: string | null;
  /** A Jinja template in place of the file's own. */
  readonly chatTemplate: string | null;
  readonly library: {
    readonly runtimeWasm: Uint8Array<ArrayBuffer>;
    readonly version: string;
    readonly profile: KernelProfile;
  };
  readonly knownAnswers: readonly KnownAnswer[];
  /** How the model's answers are sampled where a request does not say. */
  readonly sampling?: Sampling | null;
  /** 16 MiB unless given; at most 32. */
  readonly chunkBytes?: number;
  readonly databaseName?: string;
  readonly retry?: RetryPolicy;
};

/**
 * `header`: the file is looked at. `waiting`: another tab imports this model. `network` (bytes of the source) and `disk`
 * (bytes of the stored weights) go on side by side; after a resume both begin with what was there.
 */
export type ImportStage = 'header' | 'waiting' | 'network' | 'disk';

export type ImportProgress = {
  readonly stage: ImportStage;
  readonly doneBytes: number;
  readonly totalBytes: number;
};

export type ImportResult = {
  readonly key: string;
  /** False when the model was there already. */
  readonly isNew: boolean;
  /** Bytes of weights that this import read from the source. */
  readonly readBytes: number;
};

/** The import worker does one import and says how it ended. */
export type ImportReply =
  | { readonly type: 'progress'; readonly progress: ImportProgress }
  | { readonly type: 'done'; readonly result: ImportResult }
  | { readonly type: 'failed'; readonly error: WireError };
