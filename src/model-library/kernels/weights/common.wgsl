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

// The sums of values 0..15 and 16..31.
fn half_sums(a: ptr<function, Block>) -> vec2<f32> {
  let low = (*a)[0] + (*a)[1] + (*a)[2] + (*a)[3];
  let high = (*a)[4] + (*a)[5] + (*a)[6] + (*a)[7];
  return vec2<f32>(low.x + low.y + low.z + low.w, high.x + high.y + high.z + high.w);
}

// A block by columns: entry c is values c, 4+c, 8+c, 12+c, entry 4+c the same from 16 on.
fn by_columns(x: Block) -> Block {
  return Block(
    vec4<f32>(x[0].x, x[1].x, x[2].x, x[3].x), vec4<f32>(x[0].y, x[1].y, x[2].y, x[3].y),
    vec4<f32>(x[0].z, x[1].z, x[2].z, x[3].z), vec4<f32>(x[0].w, x[1].w, x[2].w, x[3].w),
    vec4<f32>(x[4].x, x[5].x, x[6].x, x[7].x), vec4<f32>(x[4].y, x[5].y, x[6].y, x[7].y),
    vec4<f32>(x[4].z, x[5].z, x[6].z, x[7].z), vec4<f32>(x[4].w, x[5].w, x[6].w, x[7].w),
  );
}

// The dot products below take a number out of a word by a mask alone and leave it where it lies, as a multiple of a
// power of two: one sum for each place, brought to the same scale at the end. That is a shift less for every weight.
// Place c of four words meets column c, so they take x by columns.

// Through i32, because some machines convert unsigned integers slowly; no masked place reaches the sign.
fn numbers(words: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(words));
}

// 16 unsigned bytes by four columns of x.
fn dot_bytes(words: vec4<u32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) -> f32 {
  return dot(numbers(words & vec4<u32>(0xffu)), a)
    + dot(numbers(words & vec4<u32>(0xff00u)), b) * 0x1p-8
    + dot(numbers(words & vec4<u32>(0xff0000u)), c) * 0x1p-16
    + dot(numbers(words >> vec4<u32>(24u)), d);
}

// Weights 0..15, and 16..31.
fn dot_low_bytes(words: vec4<u32>, x: ptr<function, Block>) -> f32 {
  return dot_bytes(words, (*x)[0], (*x)[1], (*x)[2], (*x)[3]);
}

fn dot_high_bytes(words: vec4<u32>, x: ptr<function, Block>) -> f32 {
  return dot_bytes(words, (*x)[4], (*x)[5], (*x)[6], (*x)[7]);
}

fn dot_nibbles(words: vec4<u32>, x: ptr<function, Block>) -> f32 {
  return dot(numbers(words & vec4<u32>(0xfu)), (*x)[0])
    + dot(numbers(words & vec4<u32>(0xf0u)), (*x)[4]) * 0x1p-4
    + dot(numbers(words & vec4<u32>(0xf00u)), (*x)[1]) * 0x1p-8
    + dot(numbers(words & vec4<u32>(0xf000u)), (*x)[5]) * 0x1p-12
    + dot(numbers(words & vec4<u32>(0xf0000u)), (*x)[2]) * 0x1p-16
    + dot(numbers(words & vec4<u32>(0xf00000u)), (*x)[6]) * 0x1p-20
    + dot(numbers(words & vec4<u32>(0xf000000u)), (*x)[3]) * 0x1p-24
    + dot(numbers(words >> vec4<u32>(28u)), (*x)[7]);
}
