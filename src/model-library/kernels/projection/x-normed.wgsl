// x times the norm's weights. RMSNorm's factor is the same for the whole row, so it is applied to the finished sums;
// the sum of squares it needs is collected on the way.
struct XPart { value: vec4<f32>, squares: f32 }

// Four values of a row, counted in fours.
fn x_part(row: u32, at: u32) -> XPart {
  let raw = x[row * BLOCKS * 8u + at];
  return XPart(raw * norm[at], dot(raw, raw));
}

// One block of a row; returns its sum of squares.
fn load_normed_x(row: u32, block: u32, into: ptr<function, Block>) -> f32 {
  let w = block * 8u;
  load_x(row, block, into);
  let squares = dot_blocks(into, into);
  *into = Block(
    (*into)[0] * norm[w], (*into)[1] * norm[w + 1u], (*into)[2] * norm[w + 2u], (*into)[3] * norm[w + 3u],
    (*into)[4] * norm[w + 4u], (*into)[5] * norm[w + 5u], (*into)[6] * norm[w + 6u], (*into)[7] * norm[w + 7u],
  );
  return squares;
}

fn rms_scale(squares: f32) -> f32 {
  return inverseSqrt(squares / f32(BLOCKS * 32u) + EPS);
}
