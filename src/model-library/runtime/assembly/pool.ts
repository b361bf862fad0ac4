// Small GPU buffers are kept when their tensor dies: the host makes about seven tensors a token, and a new buffer each would
// cost a creation, three error scopes and a submission. Reuse is safe because all writes go through the queue in order.
import { destroyBuffer, newBuffer } from './gpu';
import { vocabulary } from './program';

const SLOTS = 96;
/** One slot: f64 size class, u32 buffer number (0 = empty), pad. */
const SLOT_BYTES: usize = 16;
const slots: usize = memory.data(SLOTS * 16, 8);
/** Least size given out: lists of up to 1024 tokens (penalties) need no new buffer as they grow. */
const LEAST_BYTES: i64 = 4096;
/** Up to here sizes are powers of two; above, eighths of one, which wastes an eighth at most. */
const COARSE_BYTES: i64 = 64 * 1024;
/** Above this (or a vocabulary of logits, where that is more) buffers are made exactly and given back at once. */
const POOLED_BYTES: i64 = 1024 * 1024;

export let poolHits: i32 = 0;
export let pooledCount: i32 = 0;

function largestPooled(): i64 {
  return max<i64>(POOLED_BYTES, roundedUp(<i64>vocabulary() * 4));
}

function roundedUp(bytes: i64): i64 {
  if (bytes <= LEAST_BYTES) return LEAST_BYTES;
  const power = (<i64>1) << (63 - clz<i64>(bytes)); // largest power of two that is not above
  if (bytes <= COARSE_BYTES) return power == bytes ? bytes : power * 2;
  const step = power >> 3;
  return (bytes + step - 1) & ~(step - 1);
}

/** The size that a buffer for `bytes` bytes is made with. */
export function bufferClass(bytes: i64): f64 {
  return <f64>(bytes > largestPooled() ? (bytes + 15) & ~15 : roundedUp(bytes));
}

/** A buffer of exactly this size class; 0 after a failure. */
export function acquireBuffer(size: f64): usize {
  for (let i = 0; i < SLOTS; i++) {
    const slot = slots + <usize>i * SLOT_BYTES;
    const buffer = load<u32>(slot, 8);
    if (buffer != 0 && load<f64>(slot) == size) {
      store<u32>(slot, 0, 8);
      poolHits++;
      pooledCount--;
      return buffer;
    }
  }
  return newBuffer(size);
}

/** Takes a buffer whose tensor died; one too large, or one too many, is destroyed. */
export function recycleBuffer(buffer: usize, size: f64): void {
  if (size <= <f64>largestPooled()) {
    for (let i = 0; i < SLOTS; i++) {
      const slot = slots + <usize>i * SLOT_BYTES;
      if (load<u32>(slot, 8) != 0) continue;
      store<f64>(slot, size);
      store<u32>(slot, buffer, 8);
      pooledCount++;
      return;
    }
  }
  destroyBuffer(buffer);
}
