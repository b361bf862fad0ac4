// One invocation attends with GROUP query heads that share a KV head over visible positions [begin, end). Softmax is
// online: `best` is each head's largest score so far, `total` and `mixed` are scaled to it.
struct Attended { best: array<f32, GROUP>, total: array<f32, GROUP>, mixed: array<vec4<f32>, GROUP * HEAD_DIM / 4u> }

fn attend(query_at: u32, kv_head: u32, seen: Visible, begin: u32, end: u32) -> Attended {
  var state: Attended;
  var scores: array<f32, GROUP>;
  var keeps: array<f32, GROUP>;
  for (var g = 0u; g < GROUP; g++) { state.best[g] = -1e30; }
  for (var i = begin; i < end; i++) {
    let key = slot_of(seen, i) * KV_STRIDE + kv_head * (HEAD_DIM / 8u);
    scores = array<f32, GROUP>();
    for (var d = 0u; d < HEAD_DIM / 8u; d++) {
      let words = kv[key + d];
      let low = four_halves(words.xy);
      let high = four_halves(words.zw);
      for (var g = 0u; g < GROUP; g++) {
        let at = query_at + g * (HEAD_DIM / 4u) + d * 2u;
        scores[g] += dot(q[at], low) + dot(q[at + 1u], high);
      }
    }
    for (var g = 0u; g < GROUP; g++) {
      let score = scores[g] * SCALE;
      let best = max(state.best[g], score);
      keeps[g] = exp(state.best[g] - best);
      scores[g] = exp(score - best);
      state.best[g] = best;
      state.total[g] = state.total[g] * keeps[g] + scores[g];
    }
    let value = key + KV_STRIDE / 2u;
    for (var d = 0u; d < HEAD_DIM / 8u; d++) {
      let words = kv[value + d];
      let low = four_halves(words.xy);
      let high = four_halves(words.zw);
      for (var g = 0u; g < GROUP; g++) {
        let at = g * (HEAD_DIM / 4u) + d * 2u;
        state.mixed[at] = state.mixed[at] * keeps[g] + scores[g] * low;
        state.mixed[at + 1u] = state.mixed[at + 1u] * keeps[g] + scores[g] * high;
      }
    }
  }
  return state;
}
