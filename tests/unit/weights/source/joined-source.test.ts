import { expect, test } from 'vitest';
import { openFileSource } from '#weights/source/blob-source.ts';
import { joinSources } from '#weights/source/joined-source.ts';

const WHOLE = Uint8Array.from({ length: 23 }, (_, index) => index * 7);
const parts = [
  [0, 10],
  [10, 11],
  [11, 23],
].map(([from, to], index) => openFileSource(new File([WHOLE.slice(from, to)], `part-${index}`, { lastModified: 1 })));

test('reads every range of a cut file as the whole file has it', async () => {
  const joined = joinSources(parts, 'whole.gguf', 'here/whole.gguf');
  expect(joined.sizeBytes).toBe(WHOLE.length);
  for (let from = 0; from <= WHOLE.length; from++) {
    for (let to = from; to <= WHOLE.length; to++) {
      expect(await joined.read(from, to - from)).toEqual(WHOLE.slice(from, to));
    }
  }
});

test('reads into memory it is given', async () => {
  const joined = joinSources(parts, 'whole.gguf', 'here/whole.gguf');
  const memory = new Uint8Array(20);
  const into = memory.subarray(3, 18);
  expect(await joined.read(5, 15, undefined, into)).toBe(into);
  expect(memory).toEqual(Uint8Array.from([0, 0, 0, ...WHOLE.slice(5, 20), 0, 0]));
});

test('refuses to read past the end', async () => {
  const joined = joinSources(parts, 'whole.gguf', 'here/whole.gguf');
  await expect(joined.read(20, 4)).rejects.toMatchObject({ code: 'invariant' });
});

test('is another file when a part is', () => {
  const fingerprint = (last: File) =>
    joinSources([parts[0]!, openFileSource(last)], 'whole.gguf', 'here/whole.gguf').fingerprint;
  const one = new File(['a'], 'part', { lastModified: 1 });
  const other = new File(['ab'], 'part', { lastModified: 1 });
  expect(fingerprint(one)).not.toBe(fingerprint(other));
  expect(fingerprint(one)).toBe(fingerprint(one));
});
