// An invocation is a row.
fn run(group: u32, y: u32, lane: u32) {
  let row = group * WORKGROUP + lane;
  if (row >= u32(scalars.rows)) { return; }
  let at = row * VECTORS;
  var squares = 0.0;
  for (var i = 0u; i < VECTORS; i++) { squares += dot(x[at + i], x[at + i]); }
  let scale = inverseSqrt(squares / f32(VECTORS * 4u) + EPS);
  for (var i = 0u; i < VECTORS; i++) { out[at + i] = x[at + i] * scale * norm[i]; }
}
