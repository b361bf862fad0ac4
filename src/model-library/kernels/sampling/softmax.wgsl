// One workgroup over the whole vocabulary.
fn run(group: u32, y: u32, lane: u32) {
  var best = -3.4e38;
  for (var i = lane; i < VOCAB; i += WORKGROUP) { best = max(best, logits[i]); }
  best = workgroup_max(best, lane);
  let t = temperature[0];
  var sum = 0.0;
  for (var i = lane; i < VOCAB; i += WORKGROUP) {
    // Clamped where exp is 0 anyway, so that a small temperature cannot overflow the quotient.
    let weight = exp(max(logits[i] - best, -200.0 * t) / t);
    out[i] = weight;
    sum += weight;
  }
  sum = workgroup_sum(sum, lane);
  for (var i = lane; i < VOCAB; i += WORKGROUP) { out[i] = out[i] / sum; }
}
