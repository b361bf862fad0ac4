// One row of x against EACH quads an invocation: x is what costs most to read on a software adapter, so the more rows
// share one reading, the better.
fn QUAD_run(index: u32, y: u32) {
  let row = x_row(y);
  let first = index * EACH;
  let rows_I = QUAD_rows(min(first + I, QUAD_COUNT - 1u));
  var sums_I = vec4<f32>();
  var squares = 0.0;
  var values: Block;
  for (var block = 0u; block < BLOCKS; block++) {
    squares += load_normed_x(row, block, &values);
    values = by_columns(values);
    let values_sums = half_sums(&values);
    sums_I += QUAD_dot(rows_I, block, &values, values_sums);
  }
  let scale = rms_scale(squares);
  if (first + I < QUAD_COUNT) { finish(QUAD_START + first + I, row, sums_I * scale); }
}
