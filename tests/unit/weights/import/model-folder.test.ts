import { expect, test } from 'vitest';
import { MAX_FOLDER_FILE_BYTES, parseManifest, planFolder } from '#weights/import/model-folder.ts';
import { createRecord, MAX_CHUNK_BYTES, type ModelRecord } from '#weights/store/model-record.ts';

const HASH = 'a'.repeat(64);

function recordWith(chunkSizes: readonly number[][]): ModelRecord {
  const weights = chunkSizes.map((sizes, index) => ({ path: `params_shard_${index}.bin`, chunkSizes: sizes }));
  const description = null;
  const draft = { key: 'a', name: 'A', identity: 'a@1', locators: [], layout: '1-a', description, weights };
  const record = createRecord(draft, 1);
  const files = record.files.map((file) => ({
    ...file,
    chunks: file.chunks.map((chunk) => ({ ...chunk, sha256: HASH })),
  }));
  return { ...record, files };
}

test('chunks follow each other in files that any disk takes', () => {
  const sizes = Array.from({ length: 60 }, (_, index) => [MAX_CHUNK_BYTES - index, 1000, 17]);
  const files = planFolder(recordWith(sizes));
  expect(files.map(({ name }) => name)).toEqual(files.map((_, index) => `model-00${index}.bin`));
  expect(files.length).toBeGreaterThan(2);
  for (const [index, { sizeBytes, chunks }] of files.entries()) {
    const next = files[index + 1]?.chunks[0]?.sizeBytes ?? Infinity;
    expect(sizeBytes + next).toBeGreaterThan(MAX_FOLDER_FILE_BYTES);
    expect(sizeBytes).toBeLessThanOrEqual(MAX_FOLDER_FILE_BYTES);
    let end = 0;
    for (const chunk of chunks) {
      expect(chunk.at).toBe(end);
      end += chunk.sizeBytes;
    }
    expect(end).toBe(sizeBytes);
  }
  const places = files.flatMap(({ chunks }) => chunks.map(({ path, index }) => `${path} ${index}`));
  const expected = sizes.flatMap((of, shard) => of.map((_, index) => `params_shard_${shard}.bin ${index}`));
  expect(places).toEqual(expected);
});

test('a model that lacks a chunk has no folder', () => {
  const { files, ...rest } = recordWith([[10, 20]]);
  const [file] = files;
  const lacking = { ...file!, chunks: [file!.chunks[0]!, { sizeBytes: 20, sha256: null }] };
  expect(() => planFolder({ ...rest, files: [lacking] })).toThrow(/lacks chunk 1/);
});

test.each(['', '{', 'null', '[]', '{}', '"daylight-model"', '{"format":"daylight-model"}'])(
  '%j is no manifest',
  (text) => {
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: 'folder-invalid' }) as Error);
  },
);
