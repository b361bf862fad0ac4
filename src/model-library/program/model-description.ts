// What a program is made from: the model's shape and how each of its tensors was packed. Plain data: it is stored with the
// imported model, so that the library can be made again for another profile without the source file.
import type { LlamaConfig } from '#formats/gguf/llama-config.ts';
import type { PackedFormat } from '#formats/packed/format.ts';

/** A weight matrix [rows, k], named as in the GGUF. Norm vectors are float32 and need no description. */
export type MatrixDescription = {
  readonly name: string;
  readonly format: PackedFormat;
  readonly rows: number;
  readonly k: number;
};

export type ModelDescription = {
  readonly config: Omit<LlamaConfig, 'rope'> & { readonly rope: Omit<LlamaConfig['rope'], 'frequencyFactors'> };
  readonly matrices: readonly MatrixDescription[];
  /** Values of rope_freqs.weight, [headDim / 2]; null where the model has none. */
  readonly frequencyFactors: readonly number[] | null;
};
