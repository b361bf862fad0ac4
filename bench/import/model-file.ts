// A GGUF of SOLAR's width on disk, as large as asked for, with seeded random weights in Q4_0.
import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { largeModel } from '#tests/support/weights/large-model.ts';

const BLOCK_BYTES = 8 * 1024 * 1024;
/** Keeps every 16-bit float finite, wherever a block of weights begins. */
const NO_EXPONENT = 0x3b3b_3b3b;

/** Writes the model, unless it is there; gives its length in bytes. A layer is 122.7 MB. */
export function writeModelFile(path: string, layerCount: number): number {
  const { header, sizeBytes } = largeModel(layerCount, () => 'Q4_0');
  if (existsSync(path) && statSync(path).size === sizeBytes) return sizeBytes;
  const file = openSync(`${path}.part`, 'w');
  const block = new Uint32Array(BLOCK_BYTES / 4);
  let state = 1;
  try {
    writeSync(file, header);
    for (let at = header.length; at < sizeBytes; at += BLOCK_BYTES) {
      for (let i = 0; i < block.length; i++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        block[i] = state & NO_EXPONENT;
      }
      writeSync(file, new Uint8Array(block.buffer, 0, Math.min(BLOCK_BYTES, sizeBytes - at)));
    }
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.part`, path);
  return sizeBytes;
}
