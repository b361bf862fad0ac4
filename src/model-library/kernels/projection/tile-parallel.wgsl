// A tile of 16 quads (64 weight rows) by 32 rows of x, one block of 32 along k at a time through workgroup memory.
// An invocation makes the sums of one quad and every fourth row of x: 8 of them.
//   weights  row i of quad q of the tile lies at (16i + q) * 9, 8 vec4 and one unused: neighbouring invocations read
//            neighbouring quads, and without the gap all of them would meet on the same memory banks
//   values   row p of the tile lies at 9p
const TILE_QUADS = 16u;
const TILE_ROWS = 32u;
var<workgroup> weights: array<vec4<f32>, 4u * TILE_QUADS * 9u>;
var<workgroup> values: array<vec4<f32>, TILE_ROWS * 9u>;

fn run(group: u32, y: u32, lane: u32) {
  let rows = u32(scalars.rows);
  let first_quad = group * TILE_QUADS;
  let first_row = y * TILE_ROWS;
  let own_quad = lane % TILE_QUADS;
  let own_row = lane / TILE_QUADS;
  let part_index = lane & 7u;
  var sums = array<vec4<f32>, 8>();
  for (var block = 0u; block < BLOCKS; block++) {
    var unpacked = quad_block(min(first_quad + own_quad, QUADS - 1u), own_row, block);
    for (var i = 0u; i < 8u; i++) { weights[lane * 9u + i] = unpacked[i]; }
    for (var i = 0u; i < 4u; i++) {
      let p = (lane >> 3u) + i * 8u;
      values[p * 9u + part_index] = x[(min(first_row + p, rows - 1u) * BLOCKS + block) * 8u + part_index];
    }
    workgroupBarrier();
    for (var j = 0u; j < 8u; j++) {
      let a = weights[own_quad * 9u + j];
      let b = weights[(TILE_QUADS + own_quad) * 9u + j];
      let c = weights[(2u * TILE_QUADS + own_quad) * 9u + j];
      let d = weights[(3u * TILE_QUADS + own_quad) * 9u + j];
      for (var p = 0u; p < 8u; p++) {
        let value = values[(p * 4u + own_row) * 9u + j];
        sums[p] += vec4<f32>(dot(a, value), dot(b, value), dot(c, value), dot(d, value));
      }
    }
    workgroupBarrier();
  }
  if (first_quad + own_quad >= QUADS) { return; }
  for (var p = 0u; p < 8u; p++) {
    let in_tile = p * 4u + own_row;
    if (first_row + in_tile < rows) {
      finish(first_quad + own_quad, first_row + in_tile, sums[p]);
    }
  }
}
