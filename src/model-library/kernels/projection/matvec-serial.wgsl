// One row of x against one quad an invocation.
fn run(group: u32, y: u32, lane: u32) {
  let quad = group * WORKGROUP + lane;
  if (quad < QUADS) {
    finish(quad, x_row(y), quad_sums(quad, x_row(y)));
  }
}
