// A workgroup is GROUP heads (x) of the call's one row over one split of what it sees (y).
fn run(group: u32, y: u32, lane: u32) {
  let head = group * GROUP;
  let seen = visible_from(u32(scalars.position));
  let begin = y * SPLIT;
  if (begin >= seen.count) { return; }
  let end = min(begin + SPLIT, seen.count);
  let state = attend(head * (HEAD_DIM / 4u), head / (HEADS / KV_HEADS), seen, begin, end, lane);
  if (lane < ROW_LANES) {
    for (var g = 0u; g < GROUP; g++) {
      let to = (y * HEADS + head + g) * PART_STRIDE;
      parts[to + lane * 2u] = state.low[g];
      parts[to + lane * 2u + 1u] = state.high[g];
      if (lane == 0u) { parts[to + HEAD_DIM / 4u] = vec4<f32>(state.best[g], state.total[g], 0.0, 0.0); }
    }
  }
}
