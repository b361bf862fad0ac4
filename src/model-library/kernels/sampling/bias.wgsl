fn run(group: u32, y: u32, lane: u32) {
  let i = group * WORKGROUP + lane;
  if (i >= u32(scalars.count)) { return; }
  let id = u32(ids[i]);
  if (id < VOCAB) { logits[id] += bias[i]; }
}
