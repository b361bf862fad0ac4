// Joins the splits: an invocation makes four dimensions of one head. A part holds the weighted values, then (best, total).
fn run(group: u32, y: u32, lane: u32) {
  let index = group * WORKGROUP + lane;
  let head = index / (HEAD_DIM / 4u);
  let d = index % (HEAD_DIM / 4u);
  if (head >= HEADS) { return; }
  let seen = visible_from(u32(scalars.position));
  var best = -1e30;
  var total = 0.0;
  var mixed = vec4<f32>();
  for (var begin = 0u; begin < seen.count; begin += SPLIT) {
    let part = ((begin / SPLIT) * HEADS + head) * PART_STRIDE;
    let stats = parts[part + HEAD_DIM / 4u];
    let higher = max(best, stats.x);
    let keep = exp(best - higher);
    let weight = exp(stats.x - higher);
    mixed = mixed * keep + parts[part + d] * weight;
    total = total * keep + stats.y * weight;
    best = higher;
  }
  out[index] = mixed / total;
}
