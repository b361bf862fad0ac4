// What a program is made from: the model's shape and how each of its tensors was packed. Plain data: it is stored with the
// imported model, so that the library can be made again for another profile without the source file.
import type { LlamaConfig } from '#formats/gguf/llama-config.ts';
import type { Gguf } from '#formats/gguf/split.ts';
import { packedFormatOf, type PackedFormat } from '#formats/packed/format.ts';

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

/** Describes a GGUF's model; `frequencyFactors` are the values of its rope_freqs.weight, which lie in the file's data. */
export function describeModel(
  gguf: Gguf,
  config: LlamaConfig,
  frequencyFactors: readonly number[] | null,
): ModelDescription {
  const matrices: MatrixDescription[] = [];
  for (const { name, type, dimensions } of gguf.tensors.values()) {
    const [k, rows = 1] = dimensions;
    if (rows > 1 && k) matrices.push({ name, format: packedFormatOf(type), rows, k });
  }
  const { base, layout, scaling } = config.rope;
  return { config: { ...config, rope: { base, layout, scaling } }, matrices, frequencyFactors };
}
