// One block of one row an invocation.
fn run(group: u32, y: u32, lane: u32) {
  let block = group * WORKGROUP + lane;
  if (block >= BLOCKS) { return; }
  let values = weight_block(min(u32(ids[y]), VOCAB - 1u), block);
  let at = (y * BLOCKS + block) * 8u;
  for (var i = 0u; i < 8u; i++) {
    out[at + i] = values[i];
  }
}
