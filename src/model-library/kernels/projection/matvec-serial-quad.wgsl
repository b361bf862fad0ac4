fn QUAD_sums(rows: vec4<u32>, x_row: u32) -> vec4<f32> {
  var sums = vec4<f32>();
  var squares = 0.0;
  var values: Block;
  for (var block = 0u; block < BLOCKS; block++) {
    squares += load_x(x_row, block, &values);
    sums += QUAD_dot(rows, block, &values, sum_block(&values));
  }
  return sums * rms_scale(squares);
}
