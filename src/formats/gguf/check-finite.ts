// A scale that is infinite or no number spoils every answer without an error, so weights are looked at before they are stored.
import { AppError } from '#base/errors.ts';
import { TENSOR_LAYOUTS, type TensorType } from '#formats/gguf/tensor-types.ts';

/** Where a block keeps its 16-bit floats, in bytes from its beginning. */
const FLOATS_AT: Readonly<Record<TensorType, readonly number[]>> = {
  F32: [2], // the upper half holds the exponent
  F16: [0],
  BF16: [0],
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

/**
 * Throws `gguf-not-finite` for the first block of `bytes`, whole blocks of `type`, that has an infinite scale or one that
 * is no number. `firstBlock` is the place of `bytes` in the tensor, for the message.
 */
export function checkFinite(name: string, type: TensorType, bytes: Uint8Array, firstBlock = 0): void {
  const { blockBytes } = TENSOR_LAYOUTS[type];
  // All ones in the exponent means infinity or no number.
  const exponent = type === 'F32' || type === 'BF16' ? 0x7f : 0x7c;
  const lowBit = type === 'F32' || type === 'BF16' ? 0x80 : 0;
  for (const floatAt of FLOATS_AT[type]) {
    for (let at = floatAt; at < bytes.length; at += blockBytes) {
      if ((bytes[at + 1]! & exponent) !== exponent || (bytes[at]! & lowBit) !== lowBit) continue;
      throw new AppError('gguf-not-finite', { name, type, block: firstBlock + (at - floatAt) / blockBytes });
    }
  }
}
