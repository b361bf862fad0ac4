// Q4_K, Q5_K: weight = d * sc * q - dmin * mn; both products are exact in f32.
fn WEIGHT_affine(row: u32, block: u32) -> vec2<f32> {
  let pair = WEIGHT_word(row, WEIGHT_SCALE + (block >> 1u)) >> ((block & 1u) * 16u);
  let d = unpack2x16float(WEIGHT_word(row, WEIGHT_SUPER + (block >> 3u)));
  return vec2<f32>(d.x * f32(pair & 255u), -d.y * f32((pair >> 8u) & 255u));
}
