// An invocation is one head of one row.
fn run(group: u32, y: u32, lane: u32) {
  let index = group * WORKGROUP + lane;
  let row = index / HEADS;
  let head = index % HEADS;
  if (row >= u32(scalars.rows)) { return; }
  let seen = visible_from(u32(scalars.position) + row);
  let at = index * (HEAD_DIM / 4u);
  var state = attend(at, head / (HEADS / KV_HEADS), seen, 0u, seen.count);
  for (var d = 0u; d < HEAD_DIM / 4u; d++) {
    out[at + d] = state.mixed[d] / state.total;
  }
}
