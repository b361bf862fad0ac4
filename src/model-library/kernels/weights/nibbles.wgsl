// Four bits a weight and nothing else: Q4_0, Q4_1, Q4_K.
fn WEIGHT_bytes(row: u32, block: u32) -> Bytes {
  return nibbles(WEIGHT[row * WEIGHT_STRIDE + block]);
}

fn WEIGHT_dot_bytes(row: u32, block: u32, x: ptr<function, Block>) -> f32 {
  return dot_nibbles(WEIGHT[row * WEIGHT_STRIDE + block], x);
}
