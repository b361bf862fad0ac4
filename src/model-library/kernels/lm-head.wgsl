// Logits of one row.
fn finish(quad: u32, row: u32, sums: vec4<f32>) {
  for (var i = 0u; i < 4u; i++) {
    let n = quad * 4u + i;
    if (n < N) { logits[n] = sums[i]; }
  }
}
