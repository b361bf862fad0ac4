// The rotary table: row p holds (cos, sin) of p * f for every inverse frequency f, f32 pairs out of f64 arithmetic.
// It is made here and not in a kernel because WGSL promises cos and sin only near [-pi, pi].
import { upload } from './gpu';
import { frequency, frequencyCount } from './program';

/** Bytes filled and uploaded at a time: a table of 131072 positions would be 64 MiB of linear memory at once. */
const PIECE_BYTES: i32 = 256 * 1024;

/** Fills a buffer of `rows` rows; 0 = ok. */
export function fillRotaryTable(buffer: usize, rows: i32): i32 {
  const half = frequencyCount();
  const rowBytes = half * 8;
  const pieceRows = max(1, PIECE_BYTES / rowBytes);
  const piece = heap.alloc(<usize>(pieceRows * rowBytes));
  let status = 0;
  for (let first = 0; first < rows && status == 0; first += pieceRows) {
    const count = min(pieceRows, rows - first);
    for (let i = 0; i < half; i++) {
      const f = frequency(i);
      for (let row = 0; row < count; row++) {
        const angle = <f64>(first + row) * f;
        const at = piece + <usize>(row * rowBytes + i * 8);
        store<f32>(at, <f32>NativeMath.cos(angle));
        store<f32>(at, <f32>NativeMath.sin(angle), 4);
      }
    }
    status = upload(piece, buffer, <f64>first * rowBytes, <f64>count * rowBytes);
  }
  heap.free(piece);
  return status;
}
