// Finds the threshold bit by bit: the bits of non-negative floats are ordered as the floats are. Every pass settles four
// bits: it sums the probabilities of each of 16 candidates for them and takes the largest one that still reaches the mass.
const PASSES = 8u;
const PER_LANE = (VOCAB + WORKGROUP - 1u) / WORKGROUP;
var<workgroup> bins: array<f32, 16u * WORKGROUP>;
var<workgroup> chunk_sums: array<f32, WORKGROUP>;

fn run(group: u32, y: u32, lane: u32) {
  var all = 0.0;
  var broken = 0.0;
  for (var i = lane; i < VOCAB; i += WORKGROUP) {
    let p = probs[i];
    all += p;
    // NaN by its bits: a comparison with NaN may be optimised away. Negative numbers and infinity are as wrong.
    if (bitcast<u32>(p) >= 0x7f800000u) { broken = 1.0; }
  }
  broken = workgroup_max(broken, lane);
  if (broken > 0.0) {
    if (lane == 0u) { out[0] = -1; }
    return;
  }
  let wanted = clamp(top_p[0], 0.0, 1.0) * workgroup_sum(all, lane);

  var threshold = 0u;
  var above = 0.0;
  // Cleared by hand: SwiftShader does not clear a variable declared in a loop every time round.
  var mine: array<f32, 16>;
  for (var pass_index = 0u; pass_index < PASSES; pass_index++) {
    let shift = 28u - pass_index * 4u;
    mine = array<f32, 16>();
    for (var i = lane; i < VOCAB; i += WORKGROUP) {
      let p = probs[i];
      let bits = bitcast<u32>(p);
      if (((bits ^ threshold) >> shift) < 16u) { mine[(bits >> shift) & 15u] += p; }
    }
    for (var bin = 0u; bin < 16u; bin++) { bins[bin * WORKGROUP + lane] = mine[bin]; }
    workgroupBarrier();
    for (var half = WORKGROUP / 2u; half > 0u; half >>= 1u) {
      for (var i = lane; i < 16u * half; i += WORKGROUP) {
        let at = (i / half) * WORKGROUP + i % half;
        bins[at] += bins[at + half];
      }
      workgroupBarrier();
    }
    // Every invocation walks the 16 sums alike. Where rounding keeps all of them short, the lowest occupied one is taken.
    var chosen = 0u;
    var chosen_above = above;
    var mass = above;
    for (var bin = 16u; bin > 0u; bin--) {
      let inside = bins[(bin - 1u) * WORKGROUP];
      if (inside > 0.0) {
        chosen = bin - 1u;
        chosen_above = mass;
        mass += inside;
        if (mass >= wanted) { break; }
      }
    }
    threshold |= chosen << shift;
    above = chosen_above;
    workgroupBarrier();
  }

  // The set is every p >= threshold. Walk it in id order to the uniform's share of its mass, a stretch of ids a lane.
  let least = bitcast<f32>(threshold);
  let begin = lane * PER_LANE;
  let end = min(VOCAB, begin + PER_LANE);
  var sum = 0.0;
  for (var i = begin; i < end; i++) {
    if (probs[i] >= least) { sum += probs[i]; }
  }
  chunk_sums[lane] = sum;
  workgroupBarrier();
  if (lane != 0u) { return; }
  var mass = 0.0;
  for (var i = 0u; i < WORKGROUP; i++) { mass += chunk_sums[i]; }
  let target_mass = clamp(uniform_value[0], 0.0, 1.0) * mass;
  var passed = 0.0;
  var stretch = 0u;
  var last_occupied = 0u;
  for (; stretch < WORKGROUP; stretch++) {
    if (chunk_sums[stretch] > 0.0) {
      last_occupied = stretch;
      if (passed + chunk_sums[stretch] > target_mass) { break; }
      passed += chunk_sums[stretch];
    }
  }
  stretch = min(stretch, last_occupied);
  var picked = 0u;
  for (var i = stretch * PER_LANE; i < min(VOCAB, (stretch + 1u) * PER_LANE); i++) {
    if (probs[i] >= least && probs[i] > 0.0) {
      picked = i;
      passed += probs[i];
      if (passed > target_mass) { break; }
    }
  }
  out[0] = i32(picked);
}
