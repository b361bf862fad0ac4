import { describe, expect, it } from 'vitest';
import { isAppError } from '#base/errors.ts';
import { dequantize } from '#formats/gguf/dequantize.ts';
import {
  blockLengthOf,
  packedRow,
  packedRowBytes,
  PACKED_FORMATS,
  sourceRowBytes,
  tensorTypeOfPacked,
} from '#formats/packed/format.ts';
import { packRows } from '#formats/packed/pack.ts';
import { unpackRow } from '#formats/packed/unpack.ts';
import { createRandom, randomSource } from '#tests/support/gpu/random.ts';

describe.each(PACKED_FORMATS)('%s', (format) => {
  const block = blockLengthOf(format);

  it.each([block, 3 * block, 18 * block, 65 * block])('gives back every weight of rows of %i, bit for bit', (k) => {
    const rowCount = 3;
    const random = createRandom(k);
    // Any bytes at all (scales of every sign and size, infinite and NaN among them), and plausible weights.
    for (const source of [
      random.bytes(sourceRowBytes(format, k) * rowCount),
      randomSource(random, format, rowCount, k),
    ]) {
      const rowBytes = packedRowBytes(format, k);
      const packed = new Uint8Array(rowBytes * rowCount).fill(0xaa);
      packRows(format, source, rowCount, k, packed);
      for (let row = 0; row < rowCount; row++) {
        const got = unpackRow(format, packed.subarray(row * rowBytes, (row + 1) * rowBytes), k);
        const from = sourceRowBytes(format, k) * row;
        const expected = dequantize(
          tensorTypeOfPacked(format),
          source.slice(from, from + sourceRowBytes(format, k)),
          k,
        );
        expect(bitsOf(got)).toEqual(bitsOf(expected));
      }
    }
  });

  it('packs a source that starts on any byte', () => {
    const k = 2 * block;
    const source = randomSource(createRandom(7), format, 1, k);
    const shifted = new Uint8Array(source.byteLength + 1).subarray(1);
    shifted.set(source);
    const straight = new Uint8Array(packedRowBytes(format, k));
    const fromShifted = new Uint8Array(packedRowBytes(format, k));
    packRows(format, source, 1, k, straight);
    packRows(format, shifted, 1, k, fromShifted);
    expect(fromShifted).toEqual(straight);
  });

  it('leaves nothing of the target in the padding', () => {
    const k = 3 * block;
    const source = randomSource(createRandom(8), format, 2, k);
    const clean = new Uint8Array(packedRowBytes(format, k) * 2);
    const dirty = new Uint8Array(packedRowBytes(format, k) * 2).fill(0xff);
    packRows(format, source, 2, k, clean);
    packRows(format, source, 2, k, dirty);
    expect(dirty).toEqual(clean);
  });

  it('keeps every section on 16 bytes and a row a multiple of 16', () => {
    for (const k of [block, 2 * block, 3 * block, 6 * block, 7 * block]) {
      const row = packedRow(format, k);
      for (const at of [row.weightsAt, row.highAt, row.scaleAt, row.superAt, row.byteCount]) {
        expect(at === -1 || at % 16 === 0).toBe(true);
      }
    }
  });

  it.each([0, -block, block + 1, block / 2, NaN, Infinity, 2 ** 53])('refuses rows of %s weights', (k) => {
    expect(() => packedRow(format, k)).toThrow(expect.objectContaining({ code: 'packed-row' }));
  });

  it('refuses a source or a target of another size, and an unaligned target', () => {
    const source = new Uint8Array(sourceRowBytes(format, block));
    const target = new Uint8Array(packedRowBytes(format, block));
    const unaligned = new Uint8Array(target.byteLength + 1).subarray(1);
    for (const [from, to] of [
      [source.subarray(1), target],
      [source, target.subarray(1)],
      [source, new Uint8Array(target.byteLength + 16)],
      [source, unaligned],
    ] as const) {
      expect(codeOf(() => packRows(format, from, 1, block, to))).toBe('packed-size');
    }
    expect(codeOf(() => unpackRow(format, target.subarray(1), block))).toBe('packed-size');
  });
});

function bitsOf(weights: Float32Array): number[] {
  // All NaN are one: which bits a NaN has is up to the engine.
  return Array.from(new Uint32Array(weights.buffer, weights.byteOffset, weights.length), (bits, i) =>
    Number.isNaN(weights[i]) ? -1 : bits,
  );
}

function codeOf(action: () => void): string | null {
  try {
    action();
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
  return null;
}
