fn WEIGHT_block(row: u32, block: u32) -> Block {
  let at = row * WEIGHT_STRIDE + block * 8u;
  return Block(
    bitcast<vec4<f32>>(WEIGHT[at]), bitcast<vec4<f32>>(WEIGHT[at + 1u]),
    bitcast<vec4<f32>>(WEIGHT[at + 2u]), bitcast<vec4<f32>>(WEIGHT[at + 3u]),
    bitcast<vec4<f32>>(WEIGHT[at + 4u]), bitcast<vec4<f32>>(WEIGHT[at + 5u]),
    bitcast<vec4<f32>>(WEIGHT[at + 6u]), bitcast<vec4<f32>>(WEIGHT[at + 7u]),
  );
}
