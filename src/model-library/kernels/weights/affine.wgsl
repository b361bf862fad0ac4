// Formats of weight = scale * q + offset with unsigned q and one scale a block. Needs WEIGHT_bytes(row, block) -> Bytes,
// WEIGHT_dot_bytes(row, block, x) -> f32, and WEIGHT_affine(row, block) -> (scale, offset).
fn WEIGHT_dot(row: u32, block: u32, x: ptr<function, Block>, x_sums: vec2<f32>) -> f32 {
  let affine = WEIGHT_affine(row, block);
  return affine.x * WEIGHT_dot_bytes(row, block, x) + affine.y * (x_sums.x + x_sums.y);
}

fn WEIGHT_block(row: u32, block: u32) -> Block {
  let q = WEIGHT_bytes(row, block);
  let affine = WEIGHT_affine(row, block);
  let offset = vec4<f32>(affine.y);
  return Block(
    affine.x * unsigned_bytes(q.low.x) + offset, affine.x * unsigned_bytes(q.low.y) + offset,
    affine.x * unsigned_bytes(q.low.z) + offset, affine.x * unsigned_bytes(q.low.w) + offset,
    affine.x * unsigned_bytes(q.high.x) + offset, affine.x * unsigned_bytes(q.high.y) + offset,
    affine.x * unsigned_bytes(q.high.z) + offset, affine.x * unsigned_bytes(q.high.w) + offset,
  );
}
