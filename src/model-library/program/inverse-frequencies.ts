import { AppError } from '#base/errors.ts';

export type RotaryScaling = {
  readonly base: number;
  /** Divides positions; 1 where the model has no linear scaling. */
  readonly linearFactor: number;
  /** Divides each frequency ("llama3" scaling, GGUF's rope_freqs.weight); null where there is none. */
  readonly frequencyFactors: readonly number[] | null;
};

/** Radians a position for each pair of a head: base ** (-2i / headDim), scaled. */
export function inverseFrequencies(headDim: number, scaling: RotaryScaling): number[] {
  const { base, linearFactor, frequencyFactors } = scaling;
  const pairCount = headDim / 2;
  if (frequencyFactors && frequencyFactors.length !== pairCount) {
    throw new AppError('program-invalid', { what: 'number of frequency factors', value: frequencyFactors.length });
  }
  return Array.from({ length: pairCount }, (_, pair) => {
    const factor = frequencyFactors?.[pair] ?? 1;
    if (!(factor > 0) || !(linearFactor > 0)) {
      throw new AppError('program-invalid', { what: 'rotary factor', value: factor > 0 ? linearFactor : factor });
    }
    return base ** ((-2 * pair) / headDim) / linearFactor / factor;
  });
}
