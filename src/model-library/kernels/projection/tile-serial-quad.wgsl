fn QUAD_tile(rows: vec4<u32>, first: u32, last: u32) -> Tile {
  var tile: Tile;
  var values: Block;
  for (var block = 0u; block < BLOCKS; block++) {
    var a = QUAD_block_0(rows.x, block);
    var b = QUAD_block_1(rows.y, block);
    var c = QUAD_block_2(rows.z, block);
    var d = QUAD_block_3(rows.w, block);
    for (var p = 0u; p < POSITIONS; p++) {
      tile.squares[p] += load_x(min(first + p, last), block, &values);
      tile.sums[p] += vec4<f32>(
        dot_blocks(&a, &values), dot_blocks(&b, &values), dot_blocks(&c, &values), dot_blocks(&d, &values));
    }
  }
  return tile;
}
