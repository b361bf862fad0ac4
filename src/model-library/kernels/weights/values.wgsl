// F32, F16 and BF16 by WEIGHT_block alone.
fn WEIGHT_dot(row: u32, block: u32, x: ptr<function, Block>, x_sum: f32) -> f32 {
  var values = WEIGHT_block(row, block);
  return dot_blocks(&values, x);
}
