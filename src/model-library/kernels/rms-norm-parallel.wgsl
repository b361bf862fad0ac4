// A workgroup is a row.
var<workgroup> lane_squares: array<f32, WORKGROUP>;

fn run(group: u32, y: u32, lane: u32) {
  let at = group * VECTORS;
  var squares = 0.0;
  for (var i = lane; i < VECTORS; i += WORKGROUP) { squares += dot(x[at + i], x[at + i]); }
  lane_squares[lane] = squares;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half >>= 1u) {
    if (lane < half) { lane_squares[lane] += lane_squares[lane + half]; }
    workgroupBarrier();
  }
  let scale = inverseSqrt(lane_squares[0] / f32(VECTORS * 4u) + EPS);
  for (var i = lane; i < VECTORS; i += WORKGROUP) { out[at + i] = x[at + i] * scale * norm[i]; }
}
