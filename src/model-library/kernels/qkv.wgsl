// Quads are of Q, then of K, then of V. A quad holds rotary pairs 2j and 2j+1 of one head, j = quad within the head:
//   norm  rows 4j .. 4j+3              pairs (x, y) and (z, w)
//   neox  rows 2j, 2j+1, h+2j, h+2j+1  pairs (x, z) and (y, w), h = half the head
// Either way the four results are two neighbouring couples, which is what a word of two f16 needs.
fn finish(quad: u32, row: u32, sums: vec4<f32>) {
  let in_head = quad % (HEAD_DIM / 4u);
  let position = u32(scalars.position) + row;
  if (quad < Q_QUADS) {
    let couple = couples_of(quad, in_head);
    let turned = turn(sums, position, in_head);
    let at = row * (Q_QUADS * 2u);
    q[at + couple.x] = turned.xy;
    q[at + couple.y] = turned.zw;
  } else if (quad < Q_QUADS + KV_QUADS) {
    let couple = couples_of(quad - Q_QUADS, in_head);
    store_kv(position, couple, turn(sums, position, in_head));
  } else {
    let couple = (quad - Q_QUADS) * 2u;
    store_kv(position, vec2<u32>(couple, couple + 1u), sums);
  }
}

// Which couples (of two neighbouring elements) of the matrix's output the quad's results are.
fn couples_of(quad: u32, in_head: u32) -> vec2<u32> {
  if (NEOX) {
    let first = (quad / (HEAD_DIM / 4u)) * (HEAD_DIM / 2u) + in_head;
    return vec2<u32>(first, first + HEAD_DIM / 4u);
  }
  return vec2<u32>(quad * 2u, quad * 2u + 1u);
}

// rope holds (cos, sin) of pair i of position p at [p][i]; a vec4 is two pairs.
fn turn(v: vec4<f32>, position: u32, in_head: u32) -> vec4<f32> {
  let r = rope[position * (HEAD_DIM / 4u) + in_head];
  if (NEOX) {
    return vec4<f32>(v.xy * r.xz - v.zw * r.yw, v.xy * r.yw + v.zw * r.xz);
  }
  return vec4<f32>(v.x * r.x - v.y * r.y, v.x * r.y + v.y * r.x, v.z * r.z - v.w * r.w, v.z * r.w + v.w * r.z);
}

// A row of the cache is K of all heads, then V of all heads, two f16 in a word.
fn store_kv(position: u32, couple: vec2<u32>, values: vec4<f32>) {
  let at = slot_of(position) * (KV_QUADS * 4u);
  // Past f16's range the packing would be free to give anything.
  let safe = clamp(values, vec4<f32>(-65504.0), vec4<f32>(65504.0));
  kv[at + couple.x] = pack2x16float(safe.xy);
  kv[at + couple.y] = pack2x16float(safe.zw);
}

fn slot_of(position: u32) -> u32 {
  let sink = u32(scalars.sink);
  if (scalars.window == 0 || position < sink) { return position; }
  return sink + (position - sink) % (u32(scalars.capacity) - sink);
}
