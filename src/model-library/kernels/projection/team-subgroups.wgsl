// The sums of a team, good in its first invocation, and those of the workgroup: added inside subgroups first, then what
// the subgroups have, with one barrier in all. Subgroups are `width` neighbouring invocations, a power of two from 4 to 128.
fn run(group: u32, y: u32, lane: u32, width: u32) {
  run_team(group, y, lane, width);
}

fn team_sums(lane: u32, width: u32, own_sums: vec4<f32>, own_squares: f32) -> TeamSums {
  let reach = min(width, WORKGROUP);
  var sums = own_sums;
  var squares = own_squares;
  for (var step = 1u; step < reach; step <<= 1u) {
    squares += subgroupShuffleXor(squares, step);
    let others = subgroupShuffleXor(sums, step);
    sums += select(vec4<f32>(), others, step < TEAM);
  }
  lane_sums[lane] = sums;
  lane_squares[lane] = squares;
  workgroupBarrier();
  if (lane % TEAM == 0u) {
    for (var i = reach; i < TEAM; i += reach) { sums += lane_sums[lane + i]; }
    squares = 0.0;
    for (var i = 0u; i < WORKGROUP; i += reach) { squares += lane_squares[i]; }
  }
  return TeamSums(sums, squares);
}
