// F32, F16 and BF16 by WEIGHT_block alone.
fn WEIGHT_dot(row: u32, block: u32, x: ptr<function, Block>, x_sums: vec2<f32>) -> f32 {
  var columns = by_columns(WEIGHT_block(row, block));
  return dot_blocks(&columns, x);
}
