fn WEIGHT_block(row: u32, block: u32) -> Block {
  let at = row * WEIGHT_STRIDE + block * 4u;
  let a = WEIGHT[at];
  let b = WEIGHT[at + 1u];
  let c = WEIGHT[at + 2u];
  let d = WEIGHT[at + 3u];
  return Block(
    four_halves(a.xy), four_halves(a.zw), four_halves(b.xy), four_halves(b.zw),
    four_halves(c.xy), four_halves(c.zw), four_halves(d.xy), four_halves(d.zw),
  );
}
