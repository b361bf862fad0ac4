// x as it is. The squares are asked for only where x is normalised.
struct XPart { value: vec4<f32>, squares: f32 }

// Four values of a row, counted in fours.
fn x_part(row: u32, at: u32) -> XPart {
  return XPart(x[row * BLOCKS * 8u + at], 0.0);
}

// One block of a row; returns the sum of squares.
fn load_x(row: u32, block: u32, into: ptr<function, Block>) -> f32 {
  let at = (row * BLOCKS + block) * 8u;
  *into = Block(x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u]);
  return 0.0;
}

fn rms_scale(squares: f32) -> f32 {
  return 1.0;
}
