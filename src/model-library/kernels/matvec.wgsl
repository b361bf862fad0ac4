// y += W x: the projection back into the residual stream. y is [rows, N].
fn finish(quad: u32, row: u32, sums: vec4<f32>) {
  for (var i = 0u; i < 4u; i++) {
    let n = quad * 4u + i;
    if (n < N) { y[row * N + n] += sums[i]; }
  }
}
