// x as it is.
struct XPart { value: vec4<f32>, squares: f32 }

// Four values of a row, counted in fours.
fn x_part(row: u32, at: u32) -> XPart {
  return XPart(x[row * BLOCKS * 8u + at], 0.0);
}

// One block of a row; returns its sum of squares where x is normalised.
fn load_normed_x(row: u32, block: u32, into: ptr<function, Block>) -> f32 {
  load_x(row, block, into);
  return 0.0;
}

fn rms_scale(squares: f32) -> f32 {
  return 1.0;
}
