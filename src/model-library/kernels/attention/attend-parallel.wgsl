// One workgroup attends with GROUP query heads that share a KV head over visible positions [begin, end), 64 at a time:
// an invocation makes the scores of one position, then all of them mix the values, 8 dimensions of every STRIPES-th
// position each. Softmax is online: `best` is each head's largest score so far, sums are scaled to it.
const TILE = 64u;
const ROW_LANES = HEAD_DIM / 8u; // invocations that read one row of values together
const STRIPES = TILE / ROW_LANES;
const MAXIMA = TILE / 4u; // partial maxima of a head
var<workgroup> query: array<vec4<f32>, GROUP * HEAD_DIM / 4u>;
var<workgroup> scores: array<f32, GROUP * TILE>;
var<workgroup> maxima: array<f32, GROUP * MAXIMA>;
var<workgroup> mixed: array<vec4<f32>, TILE * 2u>;

struct Attended { best: array<f32, GROUP>, total: array<f32, GROUP>, low: array<vec4<f32>, GROUP>, high: array<vec4<f32>, GROUP> }

// After this, invocation d < ROW_LANES has in low and high dimensions 8d.. and 8d+4.. of each head, and total is whole.
fn attend(query_at: u32, kv_head: u32, seen: Visible, begin: u32, end: u32, lane: u32) -> Attended {
  for (var i = lane; i < GROUP * HEAD_DIM / 4u; i += WORKGROUP) { query[i] = q[query_at + i]; }
  var state: Attended;
  for (var g = 0u; g < GROUP; g++) { state.best[g] = -1e30; }
  var own: array<f32, GROUP>;
  let row_lane = lane % ROW_LANES;
  let stripe = lane / ROW_LANES;
  workgroupBarrier();
  for (var start = begin; start < end; start += TILE) {
    let count = min(TILE, end - start);
    own = array<f32, GROUP>();
    if (lane < count) {
      let key = slot_of(seen, start + lane) * KV_STRIDE + kv_head * ROW_LANES;
      for (var d = 0u; d < ROW_LANES; d++) {
        let words = kv[key + d];
        let low = four_halves(words.xy);
        let high = four_halves(words.zw);
        for (var g = 0u; g < GROUP; g++) {
          let at = g * (HEAD_DIM / 4u) + d * 2u;
          own[g] += dot(query[at], low) + dot(query[at + 1u], high);
        }
      }
    }
    for (var g = 0u; g < GROUP; g++) {
      own[g] = select(-1e30, own[g] * SCALE, lane < count);
      scores[g * TILE + lane] = own[g];
    }
    workgroupBarrier();
    for (var i = lane; i < GROUP * MAXIMA; i += WORKGROUP) {
      maxima[i] = max(max(scores[i * 4u], scores[i * 4u + 1u]), max(scores[i * 4u + 2u], scores[i * 4u + 3u]));
    }
    workgroupBarrier();
    for (var g = 0u; g < GROUP; g++) {
      var best = state.best[g];
      for (var i = 0u; i < MAXIMA; i++) { best = max(best, maxima[g * MAXIMA + i]); }
      let keep = exp(state.best[g] - best);
      let weight = exp(own[g] - best);
      state.best[g] = best;
      state.total[g] = state.total[g] * keep + weight;
      state.low[g] *= keep;
      state.high[g] *= keep;
      scores[g * TILE + lane] = weight;
    }
    workgroupBarrier();
    if (stripe < STRIPES) {
      for (var i = stripe; i < count; i += STRIPES) {
        let words = kv[slot_of(seen, start + i) * KV_STRIDE + KV_STRIDE / 2u + kv_head * ROW_LANES + row_lane];
        let low = four_halves(words.xy);
        let high = four_halves(words.zw);
        for (var g = 0u; g < GROUP; g++) {
          let weight = scores[g * TILE + i];
          state.low[g] += weight * low;
          state.high[g] += weight * high;
        }
      }
    }
    workgroupBarrier();
  }
  for (var g = 0u; g < GROUP; g++) {
    scores[g * TILE + lane] = state.total[g];
    mixed[lane * 2u] = state.low[g];
    mixed[lane * 2u + 1u] = state.high[g];
    workgroupBarrier();
    var total = 0.0;
    for (var i = 0u; i < TILE; i++) { total += scores[g * TILE + i]; }
    state.total[g] = total;
    state.low[g] = vec4<f32>();
    state.high[g] = vec4<f32>();
    for (var i = 0u; i < STRIPES; i++) {
      state.low[g] += mixed[(i * ROW_LANES + row_lane) * 2u];
      state.high[g] += mixed[(i * ROW_LANES + row_lane) * 2u + 1u];
    }
    workgroupBarrier();
  }
  return state;
}
