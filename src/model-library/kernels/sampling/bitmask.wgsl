// Low enough that no softmax gives it weight, far enough from f32's end that a penalty cannot overflow it.
fn run(group: u32, y: u32, lane: u32) {
  let id = group * WORKGROUP + lane;
  if (id >= VOCAB) { return; }
  if (((mask[id / 32u] >> (id % 32u)) & 1u) == 0u) { logits[id] = -1e30; }
}
