import { describe, expect, it } from 'vitest';
import { blockLengthOf, PACKED_FORMATS, packedRowBytes } from '#formats/packed/format.ts';
import { unpackRow } from '#formats/packed/unpack.ts';
import { unpackRowFast } from '#engine/worker/self-test/fast-row.ts';
import { Seeded } from '#engine/worker/self-test/seeded.ts';

describe('fast unpacking', () => {
  it.each(PACKED_FORMATS)('gives the weights of %s rows, each rounded at most once more', (format) => {
    const k = blockLengthOf(format) * 5;
    const rowBytes = packedRowBytes(format, k);
    const { packed } = new Seeded(9).matrix(format, 3, k);
    const out = new Float32Array(k);
    for (let row = 0; row < 3; row++) {
      const bytes = packed.subarray(row * rowBytes, (row + 1) * rowBytes);
      unpackRowFast(format, bytes, out);
      const expected = unpackRow(format, bytes, k);
      expect(new Set(expected).size).toBeGreaterThan(8);
      out.forEach((weight, at) => expect(Math.abs(weight - expected[at]!)).toBeLessThanOrEqual(2 ** -23));
    }
  });
});
