// POSITIONS rows of x against EACH quads an invocation. A block of weights is unpacked once for all rows of x, and a block
// of x is read once for all the quads. The loop over rows is a real one, so that short prompts do no work in vain.
fn QUAD_run(index: u32, y: u32) {
  let first = index * EACH;
  let first_row = y * POSITIONS;
  let row_count = min(POSITIONS, u32(scalars.rows) - first_row);
  let rows_I = QUAD_rows(min(first + I, QUAD_COUNT - 1u));
  var sums: array<vec4<f32>, EACH * POSITIONS>;
  var values: Block;
  for (var block = 0u; block < BLOCKS; block++) {
    var a_I = QUAD_block_0(rows_I.x, block);
    var b_I = QUAD_block_1(rows_I.y, block);
    var c_I = QUAD_block_2(rows_I.z, block);
    var d_I = QUAD_block_3(rows_I.w, block);
    for (var p = 0u; p < row_count; p++) {
      load_x(first_row + p, block, &values);
      sums[p * EACH + I] += vec4<f32>(dot_blocks(&a_I, &values), dot_blocks(&b_I, &values), dot_blocks(&c_I, &values), dot_blocks(&d_I, &values));
    }
  }
  for (var p = 0u; p < row_count; p++) {
    if (first + I < QUAD_COUNT) { finish(QUAD_START + first + I, first_row + p, sums[p * EACH + I]); }
  }
}
