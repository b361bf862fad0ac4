// A workgroup is GROUP heads (x) of one row (y).
fn run(group: u32, y: u32, lane: u32) {
  let head = group * GROUP;
  let seen = visible_from(u32(scalars.position) + y);
  let at = (y * HEADS + head) * (HEAD_DIM / 4u);
  let state = attend(at, head / (HEADS / KV_HEADS), seen, 0u, seen.count, lane);
  if (lane < ROW_LANES) {
    for (var g = 0u; g < GROUP; g++) {
      let to = at + g * (HEAD_DIM / 4u) + lane * 2u;
      out[to] = state.low[g] / state.total[g];
      out[to + 1u] = state.high[g] / state.total[g];
    }
  }
}
