import { expect, test } from 'vitest';
import { StreamReader } from '#weights/source/stream-reader.ts';

const BYTES = Uint8Array.from({ length: 2_000_000 }, (_, index) => (index * 31) >> 4);

/** What a reader gives until its end. */
async function readAll(reader: StreamReader): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for (let bytes = await reader.next(); bytes !== null; bytes = await reader.next()) all.push(bytes.slice());
  return Buffer.concat(all);
}

test('gives a stream of bytes whole, each time in the same memory', async () => {
  const reader = new StreamReader(new Blob([BYTES]).stream());
  const first = (await reader.next())!;
  expect(first.length).toBeGreaterThan(0);
  const { byteLength } = first.buffer;
  const start = first.slice();
  const second = (await reader.next())!;
  expect(first.length).toBe(0); // its memory is the second's
  expect(second.buffer.byteLength).toBe(byteLength);
  const next = second.slice();
  const rest = Buffer.concat([start, next, await readAll(reader)]);
  expect(Buffer.compare(rest, BYTES)).toBe(0);
  expect(await reader.next()).toBeNull();
});

test('gives a stream of chunks as it is', async () => {
  const chunks = [BYTES.slice(0, 10), BYTES.slice(10, 1_000_000)];
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
  });
  expect(Buffer.compare(await readAll(new StreamReader(stream)), BYTES.subarray(0, 1_000_000))).toBe(0);
});

test('readers take turns with the memory and never share it', async () => {
  const readers = Array.from({ length: 20 }, (_, index) => {
    const bytes = BYTES.slice(index * 1000);
    return { bytes, reader: new StreamReader(new Blob([bytes]).stream()) };
  });
  for (const { bytes, reader } of readers.slice(0, 10)) expect(await readAll(reader)).toHaveLength(bytes.length);
  const read = await Promise.all(readers.slice(10).map(({ reader }) => readAll(reader)));
  read.forEach((bytes, index) => expect(Buffer.compare(bytes, readers[index + 10]!.bytes)).toBe(0));
});

test('a stream that fails is told, and its memory is not given on', async () => {
  const failure = new Error('it broke');
  const reader = new StreamReader(
    new ReadableStream<Uint8Array<ArrayBuffer>>({ type: 'bytes', pull: () => Promise.reject(failure) }),
  );
  await expect(reader.next()).rejects.toBe(failure);
  reader.release();
});
