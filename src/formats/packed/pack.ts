// GGUF blocks to packed rows; format.ts draws both. Runs in the import worker over gigabytes, so every format has a
// plain loop over 16- or 32-bit words. Words are little endian, as every machine that runs a browser is.
import { AppError } from '#base/errors.ts';
import { blockLengthOf, packedRow, sourceRowBytes, type PackedFormat, type PackedRow } from './format.ts';

/**
 * Packs `rowCount` rows of k weights from GGUF blocks into `target`, which must start on 4 bytes.
 * `source` must hold exactly those rows and `target` exactly their packed form.
 */
export function packRows(
  format: PackedFormat,
  source: Uint8Array,
  rowCount: number,
  k: number,
  target: Uint8Array,
): void {
  const row = packedRow(format, k);
  const sourceBytes = sourceRowBytes(format, k) * rowCount;
  const targetBytes = row.byteCount * rowCount;
  if (source.byteLength !== sourceBytes || target.byteLength !== targetBytes || target.byteOffset % 4 !== 0) {
    throw new AppError('packed-size', {
      format,
      rowCount,
      k,
      sourceBytes,
      gotSource: source.byteLength,
      targetBytes,
      gotTarget: target.byteLength,
    });
  }
  const aligned = source.byteOffset % 4 === 0 ? source : source.slice();
  PACKERS[format](aligned, target, rowCount, k / blockLengthOf(format), row);
}

type Packer = (source: Uint8Array, target: Uint8Array, rowCount: number, blockCount: number, row: PackedRow) => void;

const PACKERS: Readonly<Record<PackedFormat, Packer>> = {
  f32: copyRows,
  f16: copyRows,
  bf16: copyRows,
  q4_0: packBytesAndScale,
  q4_1: packQ41,
  q5_0: packQ50,
  q5_1: packQ51,
  q8_0: packBytesAndScale,
  q4_k: packQ4K,
  q5_k: packQ5K,
  q6_k: packQ6K,
};

/** A packed row of plain values is the source row itself: k is a multiple of 32, so its length needs no padding. */
function copyRows(source: Uint8Array, target: Uint8Array): void {
  target.set(source);
}

/** Q4_0 and Q8_0: d, then 8 or 16 halves of weights. */
function packBytesAndScale(
  source: Uint8Array,
  target: Uint8Array,
  rowCount: number,
  blockCount: number,
  row: PackedRow,
): void {
  if (blockCount % 2 === 0) return packPairs(source, target, rowCount, blockCount / 2, row);
  const from = halves(source);
  const to = halves(target);
  const perBlock = from.length / (rowCount * blockCount) - 1;
  let at = 0;
  for (let r = 0; r < rowCount; r++) {
    let weights = (r * row.byteCount) / 2;
    let scale = weights + row.scaleAt / 2;
    for (let block = 0; block < blockCount; block++) {
      to[scale++] = from[at++]!;
      for (let i = 0; i < perBlock; i++) to[weights++] = from[at++]!;
    }
    clear(to, scale, r + 1, row);
  }
}

/**
 * The same two blocks at a time, which are whole words: half as many steps. The first block's weights begin in the middle of
 * a word, the second one's do not.
 *
 *   words   d0 w  |  w w  | … |  w d1  |  w w  | …
 */
function packPairs(source: Uint8Array, target: Uint8Array, rowCount: number, pairCount: number, row: PackedRow): void {
  const from = words(source);
  const to = words(target);
  const perBlock = (from.length / (rowCount * pairCount) - 1) / 2;
  let at = 0;
  for (let r = 0; r < rowCount; r++) {
    let weights = (r * row.byteCount) / 4;
    let scale = weights + row.scaleAt / 4;
    for (let pair = 0; pair < pairCount; pair++) {
      let word = from[at]!;
      const first = word & 0xffff;
      for (let i = 1; i <= perBlock; i++) {
        const next = from[at + i]!;
        to[weights++] = (word >>> 16) | (next << 16);
        word = next;
      }
      to[scale++] = first | (word & 0xffff_0000);
      at += perBlock + 1;
      for (let i = 0; i < perBlock; i++) to[weights++] = from[at + i]!;
      at += perBlock;
    }
    to.fill(0, scale, ((r + 1) * row.byteCount) / 4);
  }
}

/** Q4_1: d, m, 16 bytes of nibbles: five words. */
function packQ41(source: Uint8Array, target: Uint8Array, rowCount: number, blockCount: number, row: PackedRow): void {
  const from = words(source);
  const to = words(target);
  let at = 0;
  for (let r = 0; r < rowCount; r++) {
    let weights = (r * row.byteCount) / 4;
    let scale = weights + row.scaleAt / 4;
    for (let block = 0; block < blockCount; block++) {
      to[scale++] = from[at]!;
      to[weights] = from[at + 1]!;
      to[weights + 1] = from[at + 2]!;
      to[weights + 2] = from[at + 3]!;
      to[weights + 3] = from[at + 4]!;
      at += 5;
      weights += 4;
    }
    to.fill(0, scale, ((r + 1) * row.byteCount) / 4);
  }
}

/** Q5_0: d, one bit a weight in 4 bytes, 16 bytes of nibbles: eleven halves. */
function packQ50(source: Uint8Array, target: Uint8Array, rowCount: number, blockCount: number, row: PackedRow): void {
  const from = halves(source);
  const to = halves(target);
  const toWords = words(target);
  let at = 0;
  for (let r = 0; r < rowCount; r++) {
    const start = r * row.byteCount;
    let weights = start / 2;
    let high = (start + row.highAt) / 4;
    let scale = (start + row.scaleAt) / 2;
    for (let block = 0; block < blockCount; block++) {
      to[scale++] = from[at]!;
      toWords[high++] = spreadHighBits(from[at + 1]! | (from[at + 2]! << 16));
      for (let i = 3; i < 11; i++) to[weights++] = from[at + i]!;
      at += 11;
    }
    toWords.fill(0, high, (start + row.scaleAt) / 4);
    clear(to, scale, r + 1, row);
  }
}

/** Q5_1: d, m, one bit a weight, 16 bytes of nibbles: six words. */
function packQ51(source: Uint8Array, target: Uint8Array, rowCount: number, blockCount: number, row: PackedRow): void {
  const from = words(source);
  const to = words(target);
  let at = 0;
  for (let r = 0; r < rowCount; r++) {
    const start = r * row.byteCount;
    let weights = start / 4;
    let high = (start + row.highAt) / 4;
    let scale = (start + row.scaleAt) / 4;
    for (let block = 0; block < blockCount; block++) {
      to[scale++] = from[at]!;
      to[high++] = spreadHighBits(from[at + 1]!);
      for (let i = 2; i < 6; i++) to[weights++] = from[at + i]!;
      at += 6;
    }
    to.fill(0, high, (start + row.scaleAt) / 4);
    to.fill(0, scale, (start + row.byteCount) / 4);
  }
}

/** Moves bit i of 32 (weight i = 4w+b) to bit 8b+w. The product copies four bits to the low bit of four bytes. */
function spreadHighBits(bits: number): number {
  let out = 0;
  for (let w = 0; w < 8; w++) out |= ((((bits >>> (4 * w)) & 15) * 0x0020_4081) & 0x0101_0101) << w;
  return out;
}

/** Q4_K: d, dmin, 12 bytes of six-bit scales and mins, 128 bytes of nibbles: 36 words. */
function packQ4K(source: Uint8Array, target: Uint8Array, rowCount: number, superCount: number, row: PackedRow): void {
  const from = words(source);
  const to = words(target);
  let at = 0;
  for (let r = 0; r < rowCount; r++) {
    const start = (r * row.byteCount) / 4;
    let superScale = start + row.superAt / 4;
    for (let block = 0; block < superCount; block++) {
      to[superScale++] = from[at]!;
      packScalesAndMins(from, at + 1, to, start + row.scaleAt / 4 + block * 4);
      packNibbles(from, at + 4, to, start + block * 32);
      at += 36;
    }
    to.fill(0, superScale, start + row.byteCount / 4);
  }
}

/** Q5_K: as Q4_K with 32 bytes of fifth bits before the nibbles: 44 words. Bit s of byte l is of weight l of block s. */
function packQ5K(source: Uint8Array, target: Uint8Array, rowCount: number, superCount: number, row: PackedRow): void {
  const from = words(source);
  const to = words(target);
  let at = 0;
  for (let r = 0; r < rowCount; r++) {
    const start = (r * row.byteCount) / 4;
    let high = start + row.highAt / 4;
    let superScale = start + row.superAt / 4;
    for (let block = 0; block < superCount; block++) {
      to[superScale++] = from[at]!;
      packScalesAndMins(from, at + 1, to, start + row.scaleAt / 4 + block * 4);
      for (let s = 0; s < 8; s++) {
        let bits = 0;
        for (let w = 0; w < 8; w++) bits |= ((from[at + 4 + w]! >>> s) & 0x0101_0101) << w;
        to[high++] = bits;
      }
      packNibbles(from, at + 12, to, start + block * 32);
      at += 44;
    }
    to.fill(0, superScale, start + row.byteCount / 4);
  }
}

/** 64 weights a 32 bytes (low nibbles first 32, high nibbles next 32) to 16 bytes a block of 32; 256 weights. */
function packNibbles(from: Uint32Array, fromAt: number, to: Uint32Array, toAt: number): void {
  for (let chunk = 0; chunk < 4; chunk++) {
    for (let i = 0; i < 4; i++) {
      const first = from[fromAt + i]!;
      const second = from[fromAt + i + 4]!;
      to[toAt + i] = (first & 0x0f0f_0f0f) | ((second & 0x0f0f_0f0f) << 4);
      to[toAt + i + 4] = ((first >>> 4) & 0x0f0f_0f0f) | (second & 0xf0f0_f0f0);
    }
    fromAt += 8;
    toAt += 8;
  }
}

/**
 * Twelve bytes of six-bit numbers to eight pairs `sc | mn << 8`.
 * Bytes 0..3: sc 0..3, bytes 4..7: mn 0..3, bytes 8..11: low 4 bits of sc 4..7 | of mn 4..7 << 4; bits 6..7 of
 * bytes 0..3 and 4..7 are the high bits of sc 4..7 and mn 4..7.
 */
function packScalesAndMins(from: Uint32Array, fromAt: number, to: Uint32Array, toAt: number): void {
  const a = from[fromAt]!;
  const b = from[fromAt + 1]!;
  const c = from[fromAt + 2]!;
  interleaveBytes(a & 0x3f3f_3f3f, b & 0x3f3f_3f3f, to, toAt);
  interleaveBytes(
    (c & 0x0f0f_0f0f) | ((a >>> 2) & 0x3030_3030),
    ((c >>> 4) & 0x0f0f_0f0f) | ((b >>> 2) & 0x3030_3030),
    to,
    toAt + 2,
  );
}

function interleaveBytes(even: number, odd: number, to: Uint32Array, toAt: number): void {
  to[toAt] = (even & 0xff) | ((odd & 0xff) << 8) | ((even & 0xff00) << 8) | ((odd & 0xff00) << 16);
  to[toAt + 1] = ((even >>> 16) & 0xff) | ((odd >>> 8) & 0xff00) | ((even >>> 8) & 0xff_0000) | (odd & 0xff00_0000);
}

/** Q6_K: 128 bytes of low nibbles, 64 bytes of high pairs, 16 signed scales, d: 105 halves, in two parts of 128 weights. */
function packQ6K(source: Uint8Array, target: Uint8Array, rowCount: number, superCount: number, row: PackedRow): void {
  const from = halves(source);
  const to = halves(target);
  let at = 0;
  for (let r = 0; r < rowCount; r++) {
    const start = (r * row.byteCount) / 2;
    let scale = start + row.scaleAt / 2;
    let superScale = start + row.superAt / 2;
    for (let block = 0; block < superCount; block++) {
      for (let part = 0; part < 2; part++) {
        packQ6Part(
          from,
          at + part * 32,
          at + 64 + part * 16,
          to,
          start + block * 64 + part * 32,
          start + row.highAt / 2 + block * 32 + part * 16,
        );
      }
      for (let i = 0; i < 8; i++) to[scale++] = from[at + 96 + i]!;
      to[superScale++] = from[at + 104]!;
      at += 105;
    }
    clear(to, superScale, r + 1, row);
  }
}

/**
 * 128 weights: low byte l < 32 holds weights l and l+64, byte l+32 weights l+32 and l+96; bits 2s of high byte l are
 * those of weight l+32s. Our blocks s = 0..3 take weights 32s..32s+31.
 */
function packQ6Part(
  from: Uint16Array,
  lowAt: number,
  highAt: number,
  to: Uint16Array,
  toLow: number,
  toHigh: number,
): void {
  for (let i = 0; i < 8; i++) {
    const a = from[lowAt + i]!;
    const b = from[lowAt + i + 8]!;
    const c = from[lowAt + i + 16]!;
    const d = from[lowAt + i + 24]!;
    to[toLow + i] = (a & 0x0f0f) | ((b & 0x0f0f) << 4);
    to[toLow + i + 8] = (c & 0x0f0f) | ((d & 0x0f0f) << 4);
    to[toLow + i + 16] = ((a >>> 4) & 0x0f0f) | (b & 0xf0f0);
    to[toLow + i + 24] = ((c >>> 4) & 0x0f0f) | (d & 0xf0f0);
  }
  // Two words a block, two halves a word: half h of word g gathers halves 8g+h, 8g+h+2, +4, +6 of the source's 16.
  for (let s = 0; s < 4; s++) {
    for (let i = 0; i < 4; i++) {
      const first = highAt + ((i >> 1) << 3) + (i & 1);
      to[toHigh + s * 4 + i] =
        ((from[first]! >>> (2 * s)) & 0x0303) |
        (((from[first + 2]! >>> (2 * s)) & 0x0303) << 2) |
        (((from[first + 4]! >>> (2 * s)) & 0x0303) << 4) |
        (((from[first + 6]! >>> (2 * s)) & 0x0303) << 6);
    }
  }
}

/** Zeroes what pads a row, so that equal weights always give equal bytes. */
function clear(to: Uint16Array, from: number, nextRow: number, row: PackedRow): void {
  to.fill(0, from, (nextRow * row.byteCount) / 2);
}

function halves(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}
