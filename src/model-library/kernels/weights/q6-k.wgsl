// Q6_K: weight = d * sc * (q - 32), a signed sc for every 16 weights.
fn WEIGHT_bytes(row: u32, block: u32) -> Bytes {
  let low = nibbles(WEIGHT[row * WEIGHT_STRIDE + block]);
  let shifts = vec4<u32>(0u, 2u, 4u, 6u);
  let pairs = vec4<u32>(0x03030303u);
  let first = vec4<u32>(WEIGHT_word(row, WEIGHT_HIGH + block * 2u));
  let second = vec4<u32>(WEIGHT_word(row, WEIGHT_HIGH + block * 2u + 1u));
  return Bytes(
    low.low | (((first >> shifts) & pairs) << vec4<u32>(4u)),
    low.high | (((second >> shifts) & pairs) << vec4<u32>(4u)),
  );
}

// The scales of weights 0..15 and 16..31.
fn WEIGHT_scales(row: u32, block: u32) -> vec2<f32> {
  let pair = bitcast<i32>(WEIGHT_word(row, WEIGHT_SCALE + (block >> 1u)) >> ((block & 1u) * 16u));
  let d = half_of(WEIGHT_word(row, WEIGHT_SUPER + (block >> 4u)), block >> 3u);
  return d * vec2<f32>(vec2<i32>((pair << 24u) >> 24u, (pair << 16u) >> 24u));
}

fn WEIGHT_centred(word: u32) -> vec4<f32> {
  return unsigned_bytes(word) - vec4<f32>(32.0);
}

fn WEIGHT_dot(row: u32, block: u32, x: ptr<function, Block>, x_sums: vec2<f32>) -> f32 {
  let q = WEIGHT_bytes(row, block);
  let sums = vec2<f32>(dot_low_bytes(q.low, x), dot_high_bytes(q.high, x)) - 32.0 * x_sums;
  return dot(WEIGHT_scales(row, block), sums);
}

fn WEIGHT_block(row: u32, block: u32) -> Block {
  let q = WEIGHT_bytes(row, block);
  let scales = WEIGHT_scales(row, block);
  return Block(
    scales.x * WEIGHT_centred(q.low.x), scales.x * WEIGHT_centred(q.low.y),
    scales.x * WEIGHT_centred(q.low.z), scales.x * WEIGHT_centred(q.low.w),
    scales.y * WEIGHT_centred(q.high.x), scales.y * WEIGHT_centred(q.high.y),
    scales.y * WEIGHT_centred(q.high.z), scales.y * WEIGHT_centred(q.high.w),
  );
}
