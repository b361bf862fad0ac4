// Which positions a query sees, and where the cache keeps them. Without a window: all up to its own. With one: the
// first `sink` positions and the last `window - sink` up to its own, its own included. Visible position i counts from 0.
// The sinks lie in the first slots, the others from `slot` on, round to `wrap` at `end`; they never come round twice.
struct Visible { sinks: u32, count: u32, slot: u32, wrap: u32, end: u32 }

fn visible_from(position: u32) -> Visible {
  let capacity = u32(scalars.capacity);
  if (scalars.window == 0) { return Visible(0u, position + 1u, 0u, 0u, capacity); }
  let sink = u32(scalars.sink);
  let recent = u32(scalars.window) - sink;
  let first = select(0u, position + 1u - recent, position + 1u > recent);
  let sinks = min(sink, first);
  let slot = select(sink + (first - sink) % (capacity - sink), first, first < sink);
  return Visible(sinks, sinks + position + 1u - first, slot, sink, capacity);
}

fn slot_of(seen: Visible, i: u32) -> u32 {
  let slot = seen.slot + i - seen.sinks;
  return select(select(slot, slot - (seen.end - seen.wrap), slot >= seen.end), i, i < seen.sinks);
}
