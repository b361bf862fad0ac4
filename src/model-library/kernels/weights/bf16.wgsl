// A bfloat16 is the upper half of an f32.
fn WEIGHT_four(words: vec2<u32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(vec4<u32>(words.x << 16u, words.x & 0xffff0000u, words.y << 16u, words.y & 0xffff0000u));
}

fn WEIGHT_block(row: u32, block: u32) -> Block {
  let at = row * WEIGHT_STRIDE + block * 4u;
  let a = WEIGHT[at];
  let b = WEIGHT[at + 1u];
  let c = WEIGHT[at + 2u];
  let d = WEIGHT[at + 3u];
  return Block(
    WEIGHT_four(a.xy), WEIGHT_four(a.zw), WEIGHT_four(b.xy), WEIGHT_four(b.zw),
    WEIGHT_four(c.xy), WEIGHT_four(c.zw), WEIGHT_four(d.xy), WEIGHT_four(d.zw),
  );
}
