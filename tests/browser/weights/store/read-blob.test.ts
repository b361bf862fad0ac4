import { expect, test } from 'vitest';
import { readBlob } from '#weights/store/read-blob.ts';

const CHUNK_BYTES = 16 * 1024 * 1024;

test('reads on while the collector runs', async () => {
  const blob = new Blob([new Uint8Array(CHUNK_BYTES).fill(7)]);
  let buffers = [new ArrayBuffer(CHUNK_BYTES), new ArrayBuffer(CHUNK_BYTES)];
  // Garbage of this weight makes Chromium collect, and so now and then between a read and its answer.
  const collecting = setInterval(() => {
    for (let at = 0; at < 4; at++) new ArrayBuffer(4 * CHUNK_BYTES);
  });
  try {
    for (let round = 0; round < 40; round++) {
      buffers = await Promise.all(buffers.map((buffer) => readBlob(blob.slice(0, CHUNK_BYTES), buffer, 0)));
      expect(new Uint8Array(buffers[0]!)[CHUNK_BYTES - 1]).toBe(7);
    }
  } finally {
    clearInterval(collecting);
  }
}, 15_000);
