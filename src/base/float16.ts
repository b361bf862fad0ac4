// IEEE binary16 bits to numbers and back.  sign 15 · exponent 14..10 (bias 15) · fraction 9..0

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The value of 16 bits of binary16; exact, subnormals, infinities and NaN included. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The binary16 bits nearest to a number (first rounded to f32), ties to even; too large becomes infinity. */
export function numberToHalf(value: number): number {
  float[0] = value;
  const bits = word[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x4780_0000) return sign | 0x7c00; // 65536 and above
  if (magnitude < 0x3880_0000) {
    // Below the smallest normal half: a multiple of 2^-24, rounded by the addition itself.
    float[0] = Math.abs(value) + 0.5;
    return sign | (word[0]! - 0x3f00_0000);
  }
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x3800_0000 + 0xfff + odd) >>> 13);
}
