fn QUAD_partial(rows: vec4<u32>, y: u32, first: u32) -> Partial {
  var partial = Partial(vec4<f32>(), 0.0);
  var values: Block;
  for (var block = first; block < BLOCKS; block += TEAM) {
    partial.squares += load_x(y, block, &values);
    partial.sums += QUAD_dot(rows, block, &values, sum_block(&values));
  }
  return partial;
}
