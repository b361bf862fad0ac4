// POSITIONS rows of x against one quad an invocation; a block of weights is unpacked once for all of them.
struct Tile { sums: array<vec4<f32>, POSITIONS>, squares: array<f32, POSITIONS> }

fn run(group: u32, y: u32, lane: u32) {
  let quad = group * WORKGROUP + lane;
  if (quad >= QUADS) { return; }
  let rows = u32(scalars.rows);
  var tile = quad_tile(quad, y * POSITIONS, rows - 1u);
  for (var p = 0u; p < POSITIONS; p++) {
    if (y * POSITIONS + p < rows) {
      finish(quad, y * POSITIONS + p, tile.sums[p] * rms_scale(tile.squares[p]));
    }
  }
}
