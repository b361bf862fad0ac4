// Q8_0: weight = d * q, q a signed byte.
fn WEIGHT_scale(row: u32, block: u32) -> f32 {
  return half_of(WEIGHT_word(row, WEIGHT_SCALE + (block >> 1u)), block);
}

// With the sign bit turned, a byte is q + 128.
fn WEIGHT_dot(row: u32, block: u32, x: ptr<function, Block>, x_sums: vec2<f32>) -> f32 {
  let at = row * WEIGHT_STRIDE + block * 2u;
  let sign = vec4<u32>(0x80808080u);
  return WEIGHT_scale(row, block)
    * (dot_low_bytes(WEIGHT[at] ^ sign, x) + dot_high_bytes(WEIGHT[at + 1u] ^ sign, x) - 128.0 * (x_sums.x + x_sums.y));
}

fn WEIGHT_block(row: u32, block: u32) -> Block {
  let at = row * WEIGHT_STRIDE + block * 2u;
  let a = WEIGHT[at];
  let b = WEIGHT[at + 1u];
  let d = WEIGHT_scale(row, block);
  return Block(
    d * signed_bytes(a.x), d * signed_bytes(a.y), d * signed_bytes(a.z), d * signed_bytes(a.w),
    d * signed_bytes(b.x), d * signed_bytes(b.y), d * signed_bytes(b.z), d * signed_bytes(b.w),
  );
}
