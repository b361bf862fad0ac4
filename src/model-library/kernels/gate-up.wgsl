// A quad is (gate, gate, up, up) of two neighbouring rows: silu(gate) * up. out is [rows, FFN] in pairs.
fn finish(quad: u32, row: u32, sums: vec4<f32>) {
  let gate = sums.xy;
  out[row * (FFN / 2u) + quad] = gate / (vec2<f32>(1.0) + exp(-gate)) * sums.zw;
}
