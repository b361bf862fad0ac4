// The sums of a team, good in its first invocation, and those of the workgroup: halved until one is left.
fn run(group: u32, y: u32, lane: u32) {
  run_team(group, y, lane, 0u);
}

fn team_sums(lane: u32, width: u32, sums: vec4<f32>, squares: f32) -> TeamSums {
  lane_sums[lane] = sums;
  lane_squares[lane] = squares;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half >>= 1u) {
    if (lane < half) { lane_squares[lane] += lane_squares[lane + half]; }
    if (lane % TEAM < half && half < TEAM) { lane_sums[lane] += lane_sums[lane + half]; }
    workgroupBarrier();
  }
  return TeamSums(lane_sums[lane], lane_squares[0]);
}
