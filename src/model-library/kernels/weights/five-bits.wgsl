// Four bits a weight, and bit 4 in the high section: Q5_0, Q5_1, Q5_K.
fn WEIGHT_bytes(row: u32, block: u32) -> Bytes {
  let low = nibbles(WEIGHT[row * WEIGHT_STRIDE + block]);
  let bits = vec4<u32>(WEIGHT_word(row, WEIGHT_HIGH + block));
  let words = vec4<u32>(0u, 1u, 2u, 3u);
  let ones = vec4<u32>(0x01010101u);
  return Bytes(
    low.low | (((bits >> words) & ones) << vec4<u32>(4u)),
    low.high | (((bits >> (words + vec4<u32>(4u))) & ones) << vec4<u32>(4u)),
  );
}

fn WEIGHT_dot_bytes(row: u32, block: u32, x: ptr<function, Block>) -> f32 {
  let q = WEIGHT_bytes(row, block);
  return dot_low_bytes(q.low, x) + dot_high_bytes(q.high, x);
}
