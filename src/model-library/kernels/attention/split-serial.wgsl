// An invocation is GROUP heads of the call's one row over one split of what it sees (y).
fn run(group: u32, y: u32, lane: u32) {
  let head = (group * WORKGROUP + lane) * GROUP;
  let seen = visible_from(u32(scalars.position));
  let begin = y * SPLIT;
  if (head >= HEADS || begin >= seen.count) { return; }
  let end = min(begin + SPLIT, seen.count);
  var state = attend(head * (HEAD_DIM / 4u), head / (HEADS / KV_HEADS), seen, begin, end);
  for (var g = 0u; g < GROUP; g++) {
    let to = (y * HEADS + head + g) * PART_STRIDE;
    for (var d = 0u; d < HEAD_DIM / 4u; d++) { parts[to + d] = state.mixed[g * (HEAD_DIM / 4u) + d]; }
    parts[to + HEAD_DIM / 4u] = vec4<f32>(state.best[g], state.total[g], 0.0, 0.0);
  }
}
