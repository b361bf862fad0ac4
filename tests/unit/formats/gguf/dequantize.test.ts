// Blocks whose weights were worked out by hand; llama-cpp.test.ts holds whole tensors against llama.cpp.
import { describe, expect, test } from 'vitest';
import { numberToHalf } from '#base/float16.ts';
import { isAppError } from '#base/errors.ts';
import { checkFinite } from '#formats/gguf/check-finite.ts';
import { dequantize } from '#formats/gguf/dequantize.ts';
import {
  bytesOfWeights,
  TENSOR_LAYOUTS,
  TENSOR_TYPES,
  tensorTypeOf,
  type TensorType,
} from '#formats/gguf/tensor-types.ts';
import { quantize } from '#tests/support/gguf/quantize.ts';
import { Random } from '#tests/support/gguf/random.ts';

/** A block of `type` with the halves and bytes given by their place, zero elsewhere. */
function block(type: TensorType, halves: Record<number, number>, bytes: Record<number, number> = {}): Uint8Array {
  const { blockBytes } = TENSOR_LAYOUTS[type];
  const view = new DataView(new ArrayBuffer(blockBytes));
  for (const [at, value] of Object.entries(halves)) view.setUint16(Number(at), numberToHalf(value), true);
  for (const [at, value] of Object.entries(bytes)) view.setUint8(Number(at), value);
  return new Uint8Array(view.buffer);
}

const weightsOf = (type: TensorType, bytes: Uint8Array) => dequantize(type, bytes, TENSOR_LAYOUTS[type].blockLength);

describe('a block', () => {
  test('of Q4_0 counts from -8; byte j holds the weights j and j + 16', () => {
    const weights = weightsOf('Q4_0', block('Q4_0', { 0: 0.5 }, { 2: 0xf1, 17: 0x0a }));
    expect([weights[0], weights[16], weights[15], weights[31], weights[1]]).toEqual([-3.5, 3.5, 1, -4, -4]);
  });

  test('of Q4_1 counts from its minimum', () => {
    const weights = weightsOf('Q4_1', block('Q4_1', { 0: 0.25, 2: -1 }, { 4: 0x4f }));
    expect([weights[0], weights[16], weights[1]]).toEqual([2.75, 0, -1]);
  });

  test('of Q5_0 takes the fifth bit of weight j from bit j', () => {
    const weights = weightsOf('Q5_0', block('Q5_0', { 0: 1 }, { 2: 0x01, 5: 0x80, 6: 0x0f, 21: 0x20 }));
    expect([weights[0], weights[31], weights[1], weights[16]]).toEqual([15, 2, -16, -16]);
  });

  test('of Q5_1 counts to 31 from its minimum', () => {
    const weights = weightsOf('Q5_1', block('Q5_1', { 0: 2, 2: 10 }, { 6: 0x01, 8: 0xf0 }));
    expect([weights[16], weights[0], weights[1]]).toEqual([72, 10, 10]);
  });

  test('of Q8_0 holds signed bytes', () => {
    const weights = weightsOf('Q8_0', block('Q8_0', { 0: 0.125 }, { 2: 0x80, 33: 0x7f }));
    expect([weights[0], weights[31], weights[1]]).toEqual([-16, 15.875, 0]);
  });

  test('of Q4_K scales each run of 32 by 6 bits', () => {
    // Run 0: scale 63, min 1. Run 7: scale 0b110101, min 0b100011; its upper bits lie above those of run 3.
    const bytes = { 4: 63, 8: 1, 7: 0b11_000000, 11: 0b10_000000, 15: 0b0011_0101, 16: 0x0f, 143: 0x20 };
    const weights = weightsOf('Q4_K', block('Q4_K', { 0: 1, 2: 0.5 }, bytes));
    expect([weights[0], weights[1], weights[255], weights[224]]).toEqual([63 * 15 - 0.5, -0.5, 53 * 2 - 17.5, -17.5]);
  });

  test('of Q5_K takes the fifth bit of run r from bit r', () => {
    const bytes = { 4: 1, 5: 2, 16: 0b01, 17: 0b10, 48: 0x0f, 49: 0x30 };
    const weights = weightsOf('Q5_K', block('Q5_K', { 0: 1, 2: 0 }, bytes));
    expect([weights[0], weights[32], weights[1], weights[33]]).toEqual([31, 0, 0, 2 * (16 + 3)]);
  });

  test('of Q6_K scales each run of 16 by a signed byte', () => {
    const bytes = { 0: 0xf1, 128: 0b00_01_00_10, 192: 0xff, 196: 2, 200: 3, 127: 0xf0, 191: 0b11_00_00_00, 207: 0x80 };
    const weights = weightsOf('Q6_K', block('Q6_K', { 208: 0.5 }, bytes));
    expect(weights[0]).toBe(0.5 * -1 * (0b10_0001 - 32));
    expect(weights[64]).toBe(0.5 * 2 * (0b01_1111 - 32));
    expect(weights[255]).toBe(0.5 * -128 * (0b11_1111 - 32));
    expect(weights[128]).toBe(0.5 * 3 * -32);
  });

  test('of BF16 is the upper half of a float32', () => {
    expect(dequantize('BF16', Uint8Array.of(0x80, 0x3f, 0x49, 0xc0, 0x01, 0x00), 3)).toEqual(
      Float32Array.of(1, -3.140625, 2 ** -133),
    );
  });

  test('may start at any byte', () => {
    const bytes = new Uint8Array(19);
    bytes.set(block('Q4_0', { 0: 1 }), 1);
    expect(weightsOf('Q4_0', bytes.subarray(1))[0]).toBe(-8);
  });

  test.each([-0, 2 ** -24, 65_504])('may have a scale of %d', (scale) => {
    const weights = weightsOf('Q8_0', block('Q8_0', { 0: scale }, { 2: 3 }));
    expect(weights[0]).toBe(scale * 3);
    expect(() => checkFinite('t', 'Q8_0', block('Q8_0', { 0: scale }))).not.toThrow();
  });
});

describe('every type', () => {
  const STEPS: Readonly<Record<TensorType, number>> = {
    F32: 0,
    F16: 2 ** -11,
    BF16: 2 ** -8,
    Q4_0: 1 / 8,
    Q4_1: 1 / 15,
    Q5_0: 1 / 16,
    Q5_1: 1 / 31,
    Q8_0: 1 / 254,
    Q4_K: 1 / 12,
    Q5_K: 1 / 24,
    Q6_K: 1 / 30,
  };

  test.each(TENSOR_TYPES)('%s gives back what the test quantiser put in, to within a step', (type) => {
    const weights = new Random(5).normals(2048, 1);
    const back = dequantize(type, quantize(type, weights), weights.length);
    const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    const error = back.reduce((most, weight, index) => Math.max(most, Math.abs(weight - weights[index]!)), 0);
    expect(error).toBeLessThanOrEqual(STEPS[type] * largest);
  });

  test.each(TENSOR_TYPES)('%s has the number and size that its layout says', (type) => {
    const { id, blockLength, blockBytes } = TENSOR_LAYOUTS[type];
    expect(tensorTypeOf(id)).toBe(type);
    expect(bytesOfWeights(type, blockLength * 3)).toBe(blockBytes * 3);
    expect(() => dequantize(type, new Uint8Array(blockBytes + 1), blockLength)).toThrow('impossible');
  });

  test.each(TENSOR_TYPES)('%s is looked through for scales that are not finite', (type) => {
    const { blockLength, blockBytes } = TENSOR_LAYOUTS[type];
    const sound = quantize(type, new Random(1).normals(blockLength * 4, 100));
    checkFinite('some.weight', type, sound);
    for (const value of [Infinity, -Infinity, NaN]) {
      for (const at of floatsOf(type)) {
        const bytes = sound.slice();
        const view = new DataView(bytes.buffer, 3 * blockBytes + at);
        if (type === 'F32') view.setFloat32(0, value, true);
        else if (type === 'BF16') view.setUint16(0, { [Infinity]: 0x7f80, [-Infinity]: 0xff80 }[value] ?? 0x7fc0, true);
        else view.setUint16(0, numberToHalf(value), true);
        try {
          checkFinite('some.weight', type, bytes, 10);
          expect.fail(`accepted ${value} at ${at}`);
        } catch (error) {
          if (!isAppError(error, 'gguf-not-finite')) throw error;
          expect(error.details).toEqual({ name: 'some.weight', type, block: 13 });
        }
      }
    }
  });
});

function floatsOf(type: TensorType): number[] {
  if (type === 'Q6_K') return [208];
  return ['Q4_1', 'Q5_1', 'Q4_K', 'Q5_K'].includes(type) ? [0, 2] : [0];
}
