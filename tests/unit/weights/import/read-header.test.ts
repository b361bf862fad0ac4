import { expect, test } from 'vitest';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { readHeader } from '#weights/import/read-header.ts';
import { tinyModel } from '#tests/support/gguf/tiny-model.ts';
import { text } from '#tests/support/gguf/writer.ts';
import { memorySource } from '#tests/support/weights/memory-source.ts';

const { signal } = new AbortController();

test.each([0, 100_000, 1_000_000])(
  'reads a header with %d bytes of text, each byte once and little more',
  async (length) => {
    const [bytes] = tinyModel({ types: 'F32', metadata: { 'general.description': text('x'.repeat(length)) } });
    const source = memorySource(bytes!);
    const { header } = await readHeader(source, signal);
    expect(header).toEqual(parseGgufHeader(bytes!, bytes!.length));
    let end = 0;
    for (const read of source.reads) {
      expect(read.offset).toBe(end);
      end += read.length;
    }
    expect(end).toBeLessThanOrEqual(Math.max(65_536, header.dataOffset * 4));
  },
);

test('the hash is of the header alone', async () => {
  const [bytes] = tinyModel({ types: 'Q8_0' });
  const first = await readHeader(memorySource(bytes!), signal);
  const other = bytes!.slice();
  other[first.header.dataOffset + 5]! ^= 1;
  expect((await readHeader(memorySource(other), signal)).sha256).toBe(first.sha256);
  const named = tinyModel({ types: 'Q8_0', metadata: { 'general.name': text('Tinz') } })[0]!;
  expect((await readHeader(memorySource(named), signal)).sha256).not.toBe(first.sha256);
});

test('a header without end is refused at the limit, not at the end of the file', async () => {
  // A count of pairs that only a file of gigabytes could hold, and 100 MiB of them.
  const claimed = new Uint8Array(100 * 1024 * 1024);
  const view = new DataView(claimed.buffer);
  claimed.set(new TextEncoder().encode('GGUF'));
  view.setUint32(4, 3, true);
  view.setBigUint64(16, 60_000n, true);
  for (let pair = 0, at = 24; pair < 60_000; pair++) {
    const key = new TextEncoder().encode(`key.${pair}`);
    view.setBigUint64(at, BigInt(key.length), true);
    claimed.set(key, at + 8);
    at += 8 + key.length;
    view.setUint32(at, 8, true); // a text...
    view.setBigUint64(at + 4, 4_000_000n, true); // ...of 4 MB
    at += 12 + 4_000_000;
    if (at + 4_000_100 > claimed.length) break;
  }
  const memory = memorySource(claimed);
  const source = { ...memory, sizeBytes: 400 * 1024 * 1024 * 1024 };
  await expect(readHeader(source, signal)).rejects.toMatchObject({
    code: 'gguf-limit',
    details: { limit: 64 * 1024 * 1024 },
  });
  expect(memory.reads.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(64 * 1024 * 1024);
});
