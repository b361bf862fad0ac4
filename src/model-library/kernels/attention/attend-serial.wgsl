// One invocation attends with GROUP query heads that share a KV head over visible positions [begin, end), TILE at a time.
// Softmax is online: `best` is each head's largest score so far, `total` and `mixed` are scaled to it.
//
// A software adapter keeps what has a name in registers, and pays for every read of a buffer or of an array by a computed
// index. So a tile is walked once for every 16 dimensions, with their part of the queries or of the sums under names:
// a line that names something `_I` or the number `I` stands for GROUP lines, one a head.
struct Attended { best: array<f32, GROUP>, total: array<f32, GROUP>, mixed: array<vec4<f32>, GROUP * HEAD_DIM / 4u> }

const TILE = 32u;
const CHUNKS = HEAD_DIM / 16u;

fn attend(query_at: u32, kv_head: u32, seen: Visible, begin: u32, end: u32) -> Attended {
  var state: Attended;
  var weights: array<f32, GROUP * TILE>;
  state.best[I] = -1e30;
  let head_at = kv_head * (HEAD_DIM / 8u);
  for (var start = begin; start < end; start += TILE) {
    let count = min(TILE, end - start);
    weights = array<f32, GROUP * TILE>();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      let at_I = query_at + I * (HEAD_DIM / 4u) + chunk * 4u;
      let a_I = q[at_I];
      let b_I = q[at_I + 1u];
      let c_I = q[at_I + 2u];
      let d_I = q[at_I + 3u];
      for (var i = 0u; i < count; i++) {
        let at = slot_of(seen, start + i) * KV_STRIDE + head_at + chunk * 2u;
        let low = kv[at];
        let high = kv[at + 1u];
        let a = four_halves(low.xy);
        let b = four_halves(low.zw);
        let c = four_halves(high.xy);
        let d = four_halves(high.zw);
        weights[i * GROUP + I] += dot(a_I, a) + dot(b_I, b) + dot(c_I, c) + dot(d_I, d);
      }
    }
    var best_I = state.best[I];
    for (var i = 0u; i < count; i++) {
      best_I = max(best_I, weights[i * GROUP + I] * SCALE);
    }
    let keep_I = exp(state.best[I] - best_I);
    var total_I = state.total[I] * keep_I;
    for (var i = 0u; i < count; i++) {
      let weight_I = exp(weights[i * GROUP + I] * SCALE - best_I);
      weights[i * GROUP + I] = weight_I;
      total_I += weight_I;
    }
    state.best[I] = best_I;
    state.total[I] = total_I;
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      let to_I = I * (HEAD_DIM / 4u) + chunk * 4u;
      var a_I = state.mixed[to_I] * keep_I;
      var b_I = state.mixed[to_I + 1u] * keep_I;
      var c_I = state.mixed[to_I + 2u] * keep_I;
      var d_I = state.mixed[to_I + 3u] * keep_I;
      for (var i = 0u; i < count; i++) {
        let at = slot_of(seen, start + i) * KV_STRIDE + KV_STRIDE / 2u + head_at + chunk * 2u;
        let low = kv[at];
        let high = kv[at + 1u];
        let a = four_halves(low.xy);
        let b = four_halves(low.zw);
        let c = four_halves(high.xy);
        let d = four_halves(high.zw);
        let weight_I = weights[i * GROUP + I];
        a_I += weight_I * a;
        b_I += weight_I * b;
        c_I += weight_I * c;
        d_I += weight_I * d;
      }
      state.mixed[to_I] = a_I;
      state.mixed[to_I + 1u] = b_I;
      state.mixed[to_I + 2u] = c_I;
      state.mixed[to_I + 3u] = d_I;
    }
  }
  return state;
}
