// Which positions a query sees, and where the cache keeps them. Without a window: all up to its own. With one: the
// first `sink` positions and the last `window - sink` up to its own, its own included. Visible position i counts from 0.
struct Visible { sinks: u32, first: u32, count: u32 }

fn visible_from(position: u32) -> Visible {
  if (scalars.window == 0) { return Visible(0u, 0u, position + 1u); }
  let recent = u32(scalars.window - scalars.sink);
  let first = select(0u, position + 1u - recent, position + 1u > recent);
  let sinks = min(u32(scalars.sink), first);
  return Visible(sinks, first, sinks + position + 1u - first);
}

// The cache slot of visible position i: sinks lie at the start, the rest goes round after them.
fn slot_of(seen: Visible, i: u32) -> u32 {
  if (i < seen.sinks) { return i; }
  let position = seen.first + i - seen.sinks;
  let sink = u32(scalars.sink);
  if (scalars.window == 0 || position < sink) { return position; }
  return sink + (position - sink) % (u32(scalars.capacity) - sink);
}
