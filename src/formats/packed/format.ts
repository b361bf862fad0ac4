// The layouts of weight matrices that our kernels read. A packed row of k weights is a sequence of sections, each
// starting on 16 bytes, so that one array<vec4<u32>> binding reads every part of it:
//
//   weights  4-bit formats: 16 bytes a block of 32, byte j = weight j (low nibble) | weight j+16 (high nibble).
//            Q8_0: a signed byte a weight. F16, BF16, F32: the values themselves, and no other section.
//   high     Q5_*: one u32 a block; bit 8b+w is bit 4 of weight 4w+b.
//            Q6_K: two u32 a block, the first for weights 0..15; bits 8b+2w.. (2 of them) are bits 4..5 of weight 4w+b.
//            So (high >> w) & 0x01010101, or (high >> 2w) & 0x03030303, lines up with the low nibbles of one word.
//   scale    Q4_0, Q5_0, Q8_0: f16 d a block.              weight = d * (q - 8 | 16 | 0)
//            Q4_1, Q5_1: f16 d | f16 m << 16 a block.      weight = d * q + m
//            Q4_K, Q5_K: u8 sc | u8 mn << 8 a block.       weight = d * sc * q - dmin * mn
//            Q6_K: i8 a 16 weights.                        weight = d * sc * (q - 32)
//   super    Q4_K, Q5_K: f16 d | f16 dmin << 16 a 256 weights. Q6_K: f16 d a 256 weights.
//
// Every format keeps every bit that GGUF has, so no error bound belongs to any of them.
import { AppError } from '#base/errors.ts';
import { bytesOfWeights, TENSOR_LAYOUTS, TENSOR_TYPES, type TensorType } from '#formats/gguf/tensor-types.ts';

/** A layout for every tensor type that the GGUF reader accepts, named as it is, in lower case. */
export type PackedFormat = Lowercase<TensorType>;
export const PACKED_FORMATS: readonly PackedFormat[] = TENSOR_TYPES.map(packedFormatOf);

/** Byte offsets of a packed row's sections; -1 where the format has none. */
export type PackedRow = {
  readonly weightsAt: number;
  readonly highAt: number;
  readonly scaleAt: number;
  readonly superAt: number;
  readonly byteCount: number;
};

/** Bytes of each section for every 256 weights ; formats with shorter blocks scale down exactly. */
const SECTIONS: Readonly<
  Record<PackedFormat, readonly [weights: number, high: number, scale: number, superScale: number]>
> = {
  f32: [1024, 0, 0, 0],
  f16: [512, 0, 0, 0],
  bf16: [512, 0, 0, 0],
  q4_0: [128, 0, 16, 0],
  q4_1: [128, 0, 32, 0],
  q5_0: [128, 32, 16, 0],
  q5_1: [128, 32, 32, 0],
  q8_0: [256, 0, 16, 0],
  q4_k: [128, 0, 16, 4],
  q5_k: [128, 32, 16, 4],
  q6_k: [128, 64, 16, 2],
};

/** The packed layout of a GGUF tensor type. */
export function packedFormatOf(type: TensorType): PackedFormat {
  return type.toLowerCase() as PackedFormat;
}

/** The GGUF tensor type that is packed as `format`. */
export function tensorTypeOfPacked(format: PackedFormat): TensorType {
  return format.toUpperCase() as TensorType;
}

/** k must be a multiple of this: whole GGUF blocks, and at least the 32 weights that a kernel reads at once. */
export function blockLengthOf(format: PackedFormat): number {
  return Math.max(32, TENSOR_LAYOUTS[tensorTypeOfPacked(format)].blockLength);
}

/** Where the sections of a packed row of k weights lie. Refuses a k that is no whole number of blocks. */
export function packedRow(format: PackedFormat, k: number): PackedRow {
  const multiple = blockLengthOf(format);
  if (!Number.isSafeInteger(k) || k < multiple || k % multiple !== 0) {
    throw new AppError('packed-row', { format, k, multiple });
  }
  let at = 0;
  const place = (bytesPer256: number): number => {
    if (bytesPer256 === 0) return -1;
    const start = at;
    at += Math.ceil((k * bytesPer256) / 256 / 16) * 16;
    return start;
  };
  const [weights, high, scale, superScale] = SECTIONS[format];
  return {
    weightsAt: place(weights),
    highAt: place(high),
    scaleAt: place(scale),
    superAt: place(superScale),
    byteCount: at,
  };
}

/** Bytes of one packed row of k weights; a multiple of 16. */
export function packedRowBytes(format: PackedFormat, k: number): number {
  return packedRow(format, k).byteCount;
}

/** Bytes of one row of k weights as GGUF stores it. */
export function sourceRowBytes(format: PackedFormat, k: number): number {
  return bytesOfWeights(tensorTypeOfPacked(format), k);
}
