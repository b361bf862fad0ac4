// penalties: presence, frequency, repetition.
fn run(group: u32, y: u32, lane: u32) {
  let i = group * WORKGROUP + lane;
  if (i >= u32(scalars.count)) { return; }
  let id = u32(ids[i]);
  if (id >= VOCAB) { return; }
  let x = logits[id] - (penalties[0] + f32(counts[i]) * penalties[1]);
  logits[id] = select(x / penalties[2], x * penalties[2], x < 0.0);
}
