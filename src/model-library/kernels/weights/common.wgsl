// What every weight reader shares. A block is 32 consecutive weights, or 32 values of x.
alias Block = array<vec4<f32>, 8>;

// 32 unsigned bytes: words of weights 0..15, then of weights 16..31.
struct Bytes { low: vec4<u32>, high: vec4<u32> }

const BYTE_SHIFTS = vec4<u32>(0u, 8u, 16u, 24u);

// Through i32 because some machines convert unsigned integers slowly.
fn unsigned_bytes(word: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>((vec4<u32>(word) >> BYTE_SHIFTS) & vec4<u32>(255u)));
}

fn signed_bytes(word: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(vec4<u32>(word) << (vec4<u32>(24u) - BYTE_SHIFTS)) >> vec4<u32>(24u));
}

fn half_of(word: u32, index: u32) -> f32 {
  return unpack2x16float(word >> ((index & 1u) * 16u)).x;
}

fn four_halves(words: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn nibbles(word: vec4<u32>) -> Bytes {
  return Bytes(word & vec4<u32>(0x0f0f0f0fu), (word >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu));
}

fn dot_blocks(a: ptr<function, Block>, b: ptr<function, Block>) -> f32 {
  return dot((*a)[0], (*b)[0]) + dot((*a)[1], (*b)[1]) + dot((*a)[2], (*b)[2]) + dot((*a)[3], (*b)[3])
    + dot((*a)[4], (*b)[4]) + dot((*a)[5], (*b)[5]) + dot((*a)[6], (*b)[6]) + dot((*a)[7], (*b)[7]);
}

fn sum_block(a: ptr<function, Block>) -> f32 {
  let all = (*a)[0] + (*a)[1] + (*a)[2] + (*a)[3] + (*a)[4] + (*a)[5] + (*a)[6] + (*a)[7];
  return all.x + all.y + all.z + all.w;
}

fn dot_bytes(q: Bytes, x: ptr<function, Block>) -> f32 {
  return dot(unsigned_bytes(q.low.x), (*x)[0]) + dot(unsigned_bytes(q.low.y), (*x)[1])
    + dot(unsigned_bytes(q.low.z), (*x)[2]) + dot(unsigned_bytes(q.low.w), (*x)[3])
    + dot(unsigned_bytes(q.high.x), (*x)[4]) + dot(unsigned_bytes(q.high.y), (*x)[5])
    + dot(unsigned_bytes(q.high.z), (*x)[6]) + dot(unsigned_bytes(q.high.w), (*x)[7]);
}
