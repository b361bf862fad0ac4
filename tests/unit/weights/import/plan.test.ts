import { expect, test } from 'vitest';
import { dequantize } from '#formats/gguf/dequantize.ts';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { joinSplits } from '#formats/gguf/split.ts';
import { packedFormatOf } from '#formats/packed/format.ts';
import { packRows } from '#formats/packed/pack.ts';
import { planImport, tensorCacheJson, type ImportPlan } from '#weights/import/plan.ts';
import { writeChunks } from '#weights/import/write-chunks.ts';
import { mixQ4KM, tinyModel, type TinyModelOptions } from '#tests/support/gguf/tiny-model.ts';
import { memorySource } from '#tests/support/weights/memory-source.ts';

function open(options: TinyModelOptions) {
  const files = tinyModel(options);
  const gguf = joinSplits(files.map((bytes) => parseGgufHeader(bytes, bytes.length)!));
  return { files, gguf, config: readLlamaConfig(gguf) };
}

/** Imports into memory: the bytes of each shard. */
async function write(plan: ImportPlan, files: Uint8Array<ArrayBuffer>[]) {
  const shards = new Map(plan.shards.map(({ path, sizeBytes }) => [path, new Uint8Array(sizeBytes)]));
  const starts = new Map<unknown, number>();
  for (const { chunks } of plan.shards) {
    let at = 0;
    for (const chunk of chunks) {
      starts.set(chunk, at);
      at += chunk.sizeBytes;
    }
  }
  const sources = files.map((bytes, index) => memorySource(bytes, `${index}.gguf`));
  let readBytes = 0;
  const written: string[] = [];
  await writeChunks(
    plan.shards.flatMap(({ chunks }) => chunks),
    sources,
    (chunk, bytes) => {
      shards.get(chunk.path)!.set(bytes, starts.get(chunk)!);
      return Promise.resolve();
    },
    {
      signal: new AbortController().signal,
      onRead: (bytes) => (readBytes += bytes),
      onWritten: ({ path, index }) => written.push(`${path} ${index}`),
    },
  );
  return { shards, readBytes, written };
}

const CASES: [string, TinyModelOptions, number][] = [
  ['all in one shard', { types: 'Q4_0' }, 1 << 25],
  ['every tensor cut', { types: 'Q8_0' }, 1088],
  ['a mix of types', { types: mixQ4KM, layers: 3 }, 40_000],
  ['a tied model of plain floats', { types: 'F16', tied: true }, 20_000],
  ['three files', { types: 'Q4_1', splits: 3 }, 30_000],
  ['scaled frequencies', { types: 'Q4_0', ropeScaling: { type: 'llama3', factors: Array(16).fill(2) } }, 50_000],
];

test.each(CASES)('every tensor is stored as its packed rows: %s', async (_what, options, chunkBytes) => {
  const { files, gguf, config } = open(options);
  const plan = planImport(gguf, config, chunkBytes);
  const { shards, written } = await write(plan, files);
  expect(written).toHaveLength(plan.shards.flatMap(({ chunks }) => chunks).length);

  const records = plan.shards.flatMap(({ path, records }) => records.map((record) => ({ ...record, path })));
  const expected = [...gguf.tensors.values()].filter(({ name }) => name !== 'rope_freqs.weight');
  expect(records.map(({ name }) => name).sort()).toEqual(expected.map(({ name }) => name).sort());
  for (const { name, path, byteOffset, nbytes, dtype, shape } of records) {
    const { type, dimensions, offset, sizeBytes, fileIndex } = gguf.tensors.get(name)!;
    const source = files[fileIndex]!.slice(offset, offset + sizeBytes);
    const [k = 1, rows = 1] = dimensions;
    const stored = shards.get(path)!.slice(byteOffset, byteOffset + nbytes);
    expect(shape).toEqual([nbytes / 4]);
    if (rows === 1) {
      expect(dtype).toBe('float32');
      expect(new Float32Array(stored.buffer)).toEqual(dequantize(type, source, k));
    } else {
      const packed = new Uint8Array(nbytes);
      packRows(packedFormatOf(type), source, rows, k, packed);
      expect(Buffer.compare(stored, packed), name).toBe(0);
    }
  }
});

test('chunks, shards and records keep their limits', () => {
  for (const [, options, chunkBytes] of CASES) {
    const { gguf, config } = open(options);
    const plan = planImport(gguf, config, chunkBytes);
    for (const { chunks, sizeBytes, records } of plan.shards) {
      expect(Math.max(...chunks.map((chunk) => chunk.sizeBytes))).toBeLessThanOrEqual(chunkBytes);
      expect(chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0)).toBe(sizeBytes);
      expect(sizeBytes > chunkBytes && records.length > 1).toBe(false);
      expect(records.every(({ byteOffset, nbytes }) => byteOffset % 16 === 0 && byteOffset + nbytes <= sizeBytes)).toBe(
        true,
      );
    }
    expect(plan.weightBytes).toBe(plan.shards.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  }
});

test('reads each byte of the tensors once, in file order, and little else', async () => {
  const { files, gguf, config } = open({ types: 'Q4_0' });
  const plan = planImport(gguf, config, 20_000);
  const { readBytes } = await write(plan, files);
  const tensorBytes = [...gguf.tensors.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  expect(readBytes).toBeGreaterThanOrEqual(tensorBytes);
  expect(readBytes).toBeLessThan(tensorBytes + gguf.tensors.size * 32);
});

test('tensor-cache.json lists every shard as WebLLM reads it', () => {
  const { gguf, config } = open({ types: 'Q4_0' });
  const plan = planImport(gguf, config, 20_000);
  const parsed = JSON.parse(tensorCacheJson(plan)) as {
    metadata: object;
    records: { dataPath: string; nbytes: number }[];
  };
  expect(parsed.records.map(({ dataPath }) => dataPath)).toEqual(plan.shards.map(({ path }) => path));
  expect(parsed.records.reduce((sum, { nbytes }) => sum + nbytes, 0)).toBe(plan.weightBytes);
});

test('a row longer than a chunk is refused', () => {
  const { gguf, config } = open({ types: 'F32' });
  expect(() => planImport(gguf, config, 512)).toThrowError(expect.objectContaining({ code: 'import-row-too-long' }));
});

test('a failing sink ends the import, and nothing is read any more', async () => {
  const { files, gguf, config } = open({ types: 'Q8_0' });
  const plan = planImport(gguf, config, 4000);
  const chunks = plan.shards.flatMap((shard) => shard.chunks);
  const source = memorySource(files[0]!);
  let count = 0;
  const failure = new Error('full');
  const writing = writeChunks(chunks, [source], () => (++count === 3 ? Promise.reject(failure) : Promise.resolve()), {
    signal: new AbortController().signal,
    onRead() {},
    onWritten() {},
  });
  await expect(writing).rejects.toBe(failure);
  const readsThen = source.reads.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(source.reads.length).toBe(readsThen);
  expect(count).toBeLessThan(6);
});

test('an abort ends the import with its reason', async () => {
  const { files, gguf, config } = open({ types: 'Q8_0' });
  const chunks = planImport(gguf, config, 4000).shards.flatMap((shard) => shard.chunks);
  const controller = new AbortController();
  const reason = new Error('enough');
  let count = 0;
  const writing = writeChunks(chunks, [memorySource(files[0]!)], () => Promise.resolve(), {
    signal: controller.signal,
    onRead() {},
    onWritten: () => ++count === 2 && controller.abort(reason),
  });
  await expect(writing).rejects.toBe(reason);
});

test('weights that are no numbers are refused by name', async () => {
  const { files, gguf, config } = open({ types: 'Q4_0' });
  const { offset } = gguf.tensors.get('blk.1.ffn_up.weight')!;
  files[0]!.set([0x00, 0x7c], offset + 18 * 5); // d of the sixth block: infinity
  await expect(write(planImport(gguf, config, 20_000), files)).rejects.toMatchObject({
    code: 'gguf-not-finite',
    details: { name: 'blk.1.ffn_up.weight', block: 5 },
  });
});
