// Four bits a weight and nothing else: Q4_0, Q4_1, Q4_K.
fn WEIGHT_bytes(row: u32, block: u32) -> Bytes {
  return nibbles(WEIGHT[row * WEIGHT_STRIDE + block]);
}
