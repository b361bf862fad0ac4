// Q4_1, Q5_1: weight = d * q + m.
fn WEIGHT_affine(row: u32, block: u32) -> vec2<f32> {
  return unpack2x16float(WEIGHT_word(row, WEIGHT_SCALE + block));
}
