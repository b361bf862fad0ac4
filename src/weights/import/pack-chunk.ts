import { checkFinite } from '#formats/gguf/check-finite.ts';
import { dequantize } from '#formats/gguf/dequantize.ts';
import { TENSOR_LAYOUTS } from '#formats/gguf/tensor-types.ts';
import { packedFormatOf } from '#formats/packed/format.ts';
import { packRows } from '#formats/packed/pack.ts';
import type { PlannedChunk, Segment } from './plan.ts';

/**
 * Makes a chunk's bytes from the bytes of its ranges, in their order. `target` has exactly the chunk's size and begins on 4
 * bytes. Throws `gguf-not-finite` for weights that no model has.
 */
export function packChunk(chunk: PlannedChunk, ranges: readonly Uint8Array[], target: Uint8Array<ArrayBuffer>): void {
  target.fill(0); // between tensors
  for (const segment of chunk.segments) packSegment(segment, ranges[segment.range]!, target);
}

function packSegment(segment: Segment, range: Uint8Array, target: Uint8Array<ArrayBuffer>): void {
  const { tensor, firstRow, rowCount, at, rangeAt } = segment;
  const { name, type, kind, k } = tensor;
  const source = range.subarray(rangeAt, rangeAt + rowCount * tensor.sourceRowBytes);
  checkFinite(name, type, source, (firstRow * k) / TENSOR_LAYOUTS[type].blockLength);
  const stored = target.subarray(at, at + rowCount * tensor.storedRowBytes);
  if (kind === 'matrix') {
    packRows(packedFormatOf(type), source, rowCount, k, stored);
  } else {
    stored.set(new Uint8Array(dequantize(type, source, k).buffer));
  }
}
