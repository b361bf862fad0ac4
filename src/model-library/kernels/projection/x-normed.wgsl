// x times the norm's weights. RMSNorm's factor is the same for the whole row, so it is applied to the finished sums;
// the sum of squares it needs is collected on the way.
struct XPart { value: vec4<f32>, squares: f32 }

// Four values of a row, counted in fours.
fn x_part(row: u32, at: u32) -> XPart {
  let raw = x[row * BLOCKS * 8u + at];
  return XPart(raw * norm[at], dot(raw, raw));
}

// One block of a row; returns the sum of squares.
fn load_x(row: u32, block: u32, into: ptr<function, Block>) -> f32 {
  let at = (row * BLOCKS + block) * 8u;
  let w = block * 8u;
  var raw = Block(x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u]);
  let squares = dot_blocks(&raw, &raw);
  *into = Block(
    raw[0] * norm[w], raw[1] * norm[w + 1u], raw[2] * norm[w + 2u], raw[3] * norm[w + 3u],
    raw[4] * norm[w + 4u], raw[5] * norm[w + 5u], raw[6] * norm[w + 6u], raw[7] * norm[w + 7u],
  );
  return squares;
}

fn rms_scale(squares: f32) -> f32 {
  return inverseSqrt(squares / f32(BLOCKS * 32u) + EPS);
}
