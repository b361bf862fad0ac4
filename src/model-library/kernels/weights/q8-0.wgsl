// Q8_0: weight = d * q, q a signed byte.
fn WEIGHT_scale(row: u32, block: u32) -> f32 {
  return half_of(WEIGHT_word(row, WEIGHT_SCALE + (block >> 1u)), block);
}

fn WEIGHT_dot(row: u32, block: u32, x: ptr<function, Block>, x_sum: f32) -> f32 {
  let at = row * WEIGHT_STRIDE + block * 2u;
  let a = WEIGHT[at];
  let b = WEIGHT[at + 1u];
  return WEIGHT_scale(row, block) * (
    dot(signed_bytes(a.x), (*x)[0]) + dot(signed_bytes(a.y), (*x)[1])
    + dot(signed_bytes(a.z), (*x)[2]) + dot(signed_bytes(a.w), (*x)[3])
    + dot(signed_bytes(b.x), (*x)[4]) + dot(signed_bytes(b.y), (*x)[5])
    + dot(signed_bytes(b.z), (*x)[6]) + dot(signed_bytes(b.w), (*x)[7]));
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
