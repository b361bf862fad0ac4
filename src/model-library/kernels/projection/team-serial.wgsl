// Every invocation is its own team.
fn team_total(partial: Partial, lane: u32) -> vec4<f32> {
  return partial.sums * rms_scale(partial.squares);
}
