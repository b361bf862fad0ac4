import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { idsOfText, textOfIds, withIdVocabulary } from '#engine/cpu/id-vocabulary.ts';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { MAX_TOKENS } from '#formats/gguf/vocabulary.ts';

const SMOLLM2 = 'static/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf';

test('ids and their text come back from each other, to the largest vocabulary', () => {
  const ids = [0, 1, 49151, 0, MAX_TOKENS - 1];
  expect(idsOfText(textOfIds(ids))).toEqual(ids);
  expect(Array.from(textOfIds(ids))).toHaveLength(ids.length);
  expect(() => idsOfText('a')).toThrowError(expect.objectContaining({ code: 'cpu-failed' }));
});

test('only the vocabulary changes: every other pair, the tensor table and the data are the same', () => {
  const file = new Uint8Array(readFileSync(SMOLLM2));
  const before = parseGgufHeader(file, file.length)!;
  const head = withIdVocabulary(file.slice(0, before.dataOffset), before, 49152, 2);
  const whole = new Uint8Array([...head, ...file.subarray(before.dataOffset)]);
  const after = parseGgufHeader(whole, whole.length)!;
  expect(after.dataOffset).toBe(head.length);
  const shift = before.dataOffset - after.dataOffset;
  expect(after.tensors.map((tensor) => ({ ...tensor, offset: tensor.offset + shift }))).toEqual(before.tensors);
  const others = (header: typeof before) => [...header.metadata].filter(([key]) => !key.startsWith('tokenizer.'));
  expect(others(after)).toEqual(others(before));
  expect(after.metadata.get('tokenizer.ggml.model')).toBe('llama');
  expect(after.metadata.get('tokenizer.ggml.eos_token_id')).toBe(2);
  expect(after.metadata.get('tokenizer.ggml.add_bos_token')).toBe(false);
  const tokens = after.metadata.get('tokenizer.ggml.tokens') as readonly string[];
  expect(idsOfText(tokens.join(''))).toEqual(Array.from({ length: 49152 }, (_, id) => id));
});
