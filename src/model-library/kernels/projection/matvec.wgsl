// One row of x against quads of weight rows. TEAM invocations share a quad, each taking every TEAM-th block.
struct Partial { sums: vec4<f32>, squares: f32 }

fn run(group: u32, y: u32, lane: u32) {
  let quad = group * (WORKGROUP / TEAM) + lane / TEAM;
  // Invocations past the end do the last quad's work again: a team's reduction has barriers, so nobody may leave.
  let partial = quad_partial(min(quad, QUADS - 1u), x_row(y), lane % TEAM);
  let sums = team_total(partial, lane);
  if (lane % TEAM == 0u && quad < QUADS) {
    finish(quad, x_row(y), sums);
  }
}
