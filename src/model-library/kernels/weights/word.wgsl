// One word of a packed row, counted from the row's start.
fn WEIGHT_word(row: u32, at: u32) -> u32 {
  return WEIGHT[row * WEIGHT_STRIDE + (at >> 2u)][at & 3u];
}
