// Online softmax over visible positions [from, to) of one query head, by one invocation.
// best: largest score so far; total: sum of exp(score - best); mixed: values so weighted.
struct Attended { best: f32, total: f32, mixed: array<vec4<f32>, HEAD_DIM / 4u> }

fn four_halves(words: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn attend(query: u32, kv_head: u32, seen: Visible, begin: u32, end: u32) -> Attended {
  var state: Attended;
  state.best = -1e30;
  for (var i = begin; i < end; i++) {
    let key = slot_of(seen, i) * KV_STRIDE + kv_head * (HEAD_DIM / 8u);
    let value = key + KV_STRIDE / 2u;
    var score = 0.0;
    for (var d = 0u; d < HEAD_DIM / 8u; d++) {
      let k = kv[key + d];
      score += dot(q[query + d * 2u], four_halves(k.xy)) + dot(q[query + d * 2u + 1u], four_halves(k.zw));
    }
    score *= SCALE;
    let best = max(state.best, score);
    let keep = exp(state.best - best);
    let weight = exp(score - best);
    state.best = best;
    state.total = state.total * keep + weight;
    for (var d = 0u; d < HEAD_DIM / 8u; d++) {
      let v = kv[value + d];
      state.mixed[d * 2u] = state.mixed[d * 2u] * keep + weight * four_halves(v.xy);
      state.mixed[d * 2u + 1u] = state.mixed[d * 2u + 1u] * keep + weight * four_halves(v.zw);
    }
  }
  return state;
}
