// One block of a row of x.
fn load_x(row: u32, block: u32, into: ptr<function, Block>) {
  let at = (row * BLOCKS + block) * 8u;
  *into = Block(x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u]);
}
