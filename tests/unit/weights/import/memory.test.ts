import { expect, test } from 'vitest';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { joinSplits } from '#formats/gguf/split.ts';
import { planImport } from '#weights/import/plan.ts';
import { readHeader } from '#weights/import/read-header.ts';
import { writeChunks } from '#weights/import/write-chunks.ts';
import { largeModel, largeSource } from '#tests/support/weights/large-model.ts';

const MIB = 1024 * 1024;
const LIMIT_BYTES = 300 * MIB;

test('a model of any size passes through bounded memory', async () => {
  const large = largeModel(7, (name) => (name === 'output.weight' ? 'Q6_K' : 'Q4_0'));
  const source = largeSource(large);
  expect(source.sizeBytes).toBeGreaterThan(2.5 * LIMIT_BYTES);
  const { signal } = new AbortController();
  const gguf = joinSplits([(await readHeader(source, signal)).header]);
  const plan = planImport(gguf, readLlamaConfig(gguf), 16 * MIB);
  const chunks = plan.shards.flatMap((shard) => shard.chunks);

  const before = process.memoryUsage().rss;
  let peak = 0;
  let writtenBytes = 0;
  // Holds a copy for a while, as the store does while it hashes and writes.
  const sink = async (_chunk: unknown, bytes: Uint8Array) => {
    const copy = bytes.slice();
    await new Promise((resolve) => setTimeout(resolve, 5));
    writtenBytes += copy.length;
  };
  const look = () => (peak = Math.max(peak, process.memoryUsage().rss - before));
  await writeChunks(chunks, [source], sink, { signal, onRead: look, onWritten: look });
  expect(writtenBytes).toBe(plan.weightBytes);
  expect(peak).toBeGreaterThan(0);
  expect(peak).toBeLessThan(LIMIT_BYTES);
});
