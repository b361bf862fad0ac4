// One row of x against quads of weight rows, a team of TEAM invocations a quad, each taking every TEAM-th block.
// x is brought into workgroup memory a stretch at a time, normalised on the way, and all teams read it there.
// A staged block takes 9 vec4, not 8: neighbouring invocations read neighbouring blocks, and 8 would put all of them
// on the same memory banks.
var<workgroup> staged: array<vec4<f32>, STAGE_BLOCKS * 9u>;
var<workgroup> lane_sums: array<vec4<f32>, WORKGROUP>;
var<workgroup> lane_squares: array<f32, WORKGROUP>;

struct TeamSums { sums: vec4<f32>, squares: f32 }

fn run_team(group: u32, y: u32, lane: u32, width: u32) {
  let quad = group * (WORKGROUP / TEAM) + lane / TEAM;
  let row = x_row(y);
  var sums = vec4<f32>();
  var squares = 0.0;
  for (var start = 0u; start < BLOCKS; start += STAGE_BLOCKS) {
    let count = min(STAGE_BLOCKS, BLOCKS - start);
    for (var i = lane; i < count * 8u; i += WORKGROUP) {
      let part = x_part(row, start * 8u + i);
      staged[(i >> 3u) * 9u + (i & 7u)] = part.value;
      squares += part.squares;
    }
    workgroupBarrier();
    // Past the end the last quad's work is done again: everybody must come to the barriers.
    sums += quad_sums(min(quad, QUADS - 1u), start, count, lane % TEAM);
    workgroupBarrier();
  }
  let team = team_sums(lane, width, sums, squares);
  if (lane % TEAM == 0u && quad < QUADS) {
    finish(quad, row, team.sums * rms_scale(team.squares));
  }
}
