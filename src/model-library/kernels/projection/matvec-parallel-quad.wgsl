fn QUAD_sums(rows: vec4<u32>, start: u32, count: u32, first: u32) -> vec4<f32> {
  var sums = vec4<f32>();
  for (var i = first; i < count; i += TEAM) {
    let at = i * 9u;
    var values = by_columns(Block(
      staged[at], staged[at + 1u], staged[at + 2u], staged[at + 3u],
      staged[at + 4u], staged[at + 5u], staged[at + 6u], staged[at + 7u],
    ));
    sums += QUAD_dot(rows, start + i, &values, half_sums(&values));
  }
  return sums;
}
