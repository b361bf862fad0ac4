import { expect, test } from 'vitest';
import { openFileSource } from '#weights/source/blob-source.ts';
import { patternBytes } from '#tests/support/weights/pattern.ts';

const bytes = patternBytes(1000);
const file = (lastModified = 5) => new File([bytes], 'model.gguf', { lastModified });

test('reads any place of a file', async () => {
  const source = openFileSource(file());
  expect(source).toMatchObject({ name: 'model.gguf', locator: 'model.gguf', sizeBytes: 1000 });
  expect(await source.read(990, 10)).toEqual(bytes.slice(990));
  expect(await source.read(1000, 0)).toEqual(new Uint8Array(0));
  await expect(source.read(990, 11)).rejects.toMatchObject({ code: 'invariant' });
});

test('the fingerprint tells a changed file', () => {
  expect(openFileSource(file()).fingerprint).toBe(openFileSource(file()).fingerprint);
  expect(openFileSource(file(6)).fingerprint).not.toBe(openFileSource(file()).fingerprint);
});

test('an abort ends with its own reason', async () => {
  const reason = new Error('enough');
  await expect(openFileSource(file()).read(0, 1, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('a file that is gone ends in words', async () => {
  const gone = file();
  // What a browser does for a file that was deleted after it was chosen.
  gone.slice = () =>
    Object.assign(new Blob(), {
      arrayBuffer: () => Promise.reject(new DOMException('The file could not be found.', 'NotFoundError')),
    });
  await expect(openFileSource(gone).read(0, 1)).rejects.toMatchObject({ code: 'source-file', details: { at: 0 } });
});
