// Q4_0, Q5_0: weight = d * (q - WEIGHT_ZERO).
fn WEIGHT_affine(row: u32, block: u32) -> vec2<f32> {
  let d = half_of(WEIGHT_word(row, WEIGHT_SCALE + (block >> 1u)), block);
  return vec2<f32>(d, -WEIGHT_ZERO * d);
}
