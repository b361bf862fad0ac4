// An invocation is GROUP heads of one row.
fn run(group: u32, y: u32, lane: u32) {
  let index = group * WORKGROUP + lane;
  let row = index / (HEADS / GROUP);
  let head = (index % (HEADS / GROUP)) * GROUP;
  if (row >= u32(scalars.rows)) { return; }
  let seen = visible_from(u32(scalars.position) + row);
  let at = (row * HEADS + head) * (HEAD_DIM / 4u);
  var state = attend(at, head / (HEADS / KV_HEADS), seen, 0u, seen.count);
  for (var g = 0u; g < GROUP; g++) {
    for (var d = 0u; d < HEAD_DIM / 4u; d++) {
      out[at + g * (HEAD_DIM / 4u) + d] = state.mixed[g * (HEAD_DIM / 4u) + d] / state.total[g];
    }
  }
}
