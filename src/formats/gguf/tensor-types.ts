/** The tensor types Daylight reads; the names are GGML's own. */
export type TensorType = 'F32' | 'F16' | 'BF16' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q8_0' | 'Q4_K' | 'Q5_K' | 'Q6_K';

export type TensorLayout = {
  /** GGML's number for the type, as a GGUF file stores it. */
  readonly id: number;
  /** Weights in a block; a row is a whole number of blocks. */
  readonly blockLength: number;
  readonly blockBytes: number;
};

export const TENSOR_LAYOUTS: Readonly<Record<TensorType, TensorLayout>> = {
  F32: { id: 0, blockLength: 1, blockBytes: 4 },
  F16: { id: 1, blockLength: 1, blockBytes: 2 },
  BF16: { id: 30, blockLength: 1, blockBytes: 2 },
  Q4_0: { id: 2, blockLength: 32, blockBytes: 18 },
  Q4_1: { id: 3, blockLength: 32, blockBytes: 20 },
  Q5_0: { id: 6, blockLength: 32, blockBytes: 22 },
  Q5_1: { id: 7, blockLength: 32, blockBytes: 24 },
  Q8_0: { id: 8, blockLength: 32, blockBytes: 34 },
  Q4_K: { id: 12, blockLength: 256, blockBytes: 144 },
  Q5_K: { id: 13, blockLength: 256, blockBytes: 176 },
  Q6_K: { id: 14, blockLength: 256, blockBytes: 210 },
};

export const TENSOR_TYPES = Object.keys(TENSOR_LAYOUTS) as readonly TensorType[];

const TYPE_BY_ID: ReadonlyMap<number, TensorType> = new Map(
  TENSOR_TYPES.map((type) => [TENSOR_LAYOUTS[type].id, type]),
);

/** Types that files do carry and Daylight refuses; here only so that the refusal can name them. */
const OTHER_NAMES: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
]);

/** The type with GGML's number `id`; null for one that Daylight does not read. */
export function tensorTypeOf(id: number): TensorType | null {
  return TYPE_BY_ID.get(id) ?? null;
}

/** What to call GGML's type `id` in a message, whether Daylight reads it or not. */
export function tensorTypeName(id: number): string {
  return TYPE_BY_ID.get(id) ?? OTHER_NAMES.get(id) ?? `number ${id}`;
}

/** Bytes of `count` weights; `count` is a whole number of blocks. */
export function bytesOfWeights(type: TensorType, count: number): number {
  const { blockLength, blockBytes } = TENSOR_LAYOUTS[type];
  return (count / blockLength) * blockBytes;
}
