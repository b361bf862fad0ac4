import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '#base/errors.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import { array, text, texts, u32, type WrittenValue } from '#tests/support/gguf/writer.ts';
import {
  metadataOf,
  sentencePiecePairs,
  vocabularyFile,
  type VocabularyPairs,
} from '#tests/support/tokenizer/vocabulary-file.ts';
import { openWebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const PIECES = ['<unk>', '<s>', '</s>', ...BYTES, 'ab', '▁a', 'a', 'b', '▁', '😀a', '😀'];
const SCORES = PIECES.map((_, id) => -id);
const spm = (pieces = PIECES) =>
  sentencePiecePairs(
    pieces,
    pieces.map((_, id) => -id),
  );

const bpe = (
  pieces: readonly string[] = ['<|end|>', 'a', 'b', 'c', 'ab', 'abc'],
  merges = ['a b', 'ab c'],
): VocabularyPairs => ({
  'tokenizer.ggml.model': text('gpt2'),
  'tokenizer.ggml.pre': text('smollm'),
  'tokenizer.ggml.tokens': texts(pieces),
  'tokenizer.ggml.token_type': array(
    'INT32',
    pieces.map((_, id) => (id === 0 ? 3 : 1)),
  ),
  'tokenizer.ggml.merges': texts(merges),
  'tokenizer.ggml.eos_token_id': u32(0),
});

const make = (pairs: VocabularyPairs) => createTokenizerJson(metadataOf(vocabularyFile(pairs)));
const key = (name: string) => `tokenizer.ggml.${name}`;
const types = (of: readonly number[]) => array('INT32', of);

describe('refuses by name', () => {
  const cases: readonly (readonly [what: string, code: ErrorCode, pairs: VocabularyPairs])[] = [
    ['an unknown kind of tokenizer', 'tokenizer-model', { ...spm(), [key('model')]: text('bert') }],
    ['an unknown splitter', 'tokenizer-pre', { ...bpe(), [key('pre')]: text('gpt-9') }],
    ['no pieces', 'gguf-metadata', { ...spm(), [key('tokens')]: texts([]) }],
    ['pieces that are no strings', 'gguf-metadata', { ...spm(), [key('tokens')]: types([1, 2]) }],
    ['an empty piece', 'tokenizer-piece', spm([...PIECES, ''])],
    ['a piece that comes twice', 'gguf-metadata', spm([...PIECES, 'ab'])],
    ['too few types', 'gguf-metadata', { ...spm(), [key('token_type')]: types([1]) }],
    ['types that are floats', 'gguf-metadata', { ...spm(), [key('token_type')]: array('FLOAT32', SCORES) }],
    [
      'a type that GGUF does not know',
      'tokenizer-piece',
      { ...spm(), [key('token_type')]: types(PIECES.map(() => 7)) },
    ],
    ['too few scores', 'gguf-metadata', { ...spm(), [key('scores')]: array('FLOAT32', [1]) }],
    ['scores that are integers', 'gguf-metadata', { ...spm(), [key('scores')]: types(SCORES) }],
    [
      'a score that is no number',
      'gguf-metadata',
      {
        ...spm(),
        [key('scores')]: array(
          'FLOAT32',
          SCORES.map(() => NaN),
        ),
      },
    ],
    ['an EOS beyond the pieces', 'gguf-metadata', { ...spm(), [key('eos_token_id')]: u32(PIECES.length) }],
    ['a BOS beyond the pieces', 'gguf-metadata', { ...spm(), [key('bos_token_id')]: u32(2 ** 31) }],
    ['a byte piece that is no byte', 'tokenizer-piece', spm(PIECES.with(3, '<0x-1>'))],
    [
      'a missing byte piece',
      'tokenizer-byte-missing',
      { ...spm(), [key('token_type')]: types(PIECES.map((_, id) => (id < 3 ? 3 : id < 258 ? 6 : 1))) },
    ],
    [
      'pieces so long that cutting them would not end',
      'tokenizer-too-long',
      spm([...PIECES, ...Array.from({ length: 8 }, (_, n) => `${n}${'x'.repeat(4000)}`)]),
    ],
    ['a merge that is no pair', 'tokenizer-merge', bpe(undefined, ['ab'])],
    ['a merge with nothing on its right', 'tokenizer-merge', bpe(undefined, ['a '])],
    ['a merge of what is no piece', 'tokenizer-merge', bpe(undefined, ['a x'])],
    ['a merge into what is no piece', 'tokenizer-merge', bpe(undefined, ['b c'])],
    ['no end of an answer', 'tokenizer-no-end', without(bpe(['<|begin|>', 'a'], []), key('eos_token_id'))],
  ];

  test.each(cases)('%s', (_what, code, pairs) => {
    const start = performance.now();
    expect(() => make(pairs)).toThrowError(expect.objectContaining({ name: 'AppError', code }));
    expect(performance.now() - start).toBeLessThan(500);
  });
});

test('takes a merge that comes twice, a piece called __proto__, and merges of astral characters', async () => {
  const twice = await openWebTokenizer(make(bpe(undefined, ['a b', 'ab c', 'a b'])).json);
  expect([...twice.encode('abc')]).toEqual([5]);
  const odd = await openWebTokenizer(make(spm([...PIECES, '__proto__', 'constructor'])).json);
  expect(odd.getVocabSize()).toBe(PIECES.length + 2);
  expect(odd.idToToken(PIECES.length)).toBe('__proto__');
  expect([...odd.encode('😀a')]).toEqual([PIECES.indexOf('▁'), PIECES.indexOf('😀a')]);
});

test('hides what looks like a control token, whatever its type, so that it cannot be typed', async () => {
  const pieces = ['<|end|>', 'a', '<|im_start|>', '<|im_end|>', '<', '|', '>', 'e', 'n', 'd'];
  const made = make({ ...bpe(pieces, []), [key('token_type')]: types([3, 1, 4, 1, 1, 1, 1, 1, 1, 1]) });
  expect(made.controlIds.get('<|im_start|>')).toBe(2);
  expect(made.eosTokenIds).toEqual([0, 3]);
  const tokenizer = await openWebTokenizer(made.json);
  expect([...tokenizer.encode('a<|im_start|>')]).not.toContain(2);
});

function without(pairs: VocabularyPairs, name: string): Record<string, WrittenValue> {
  return Object.fromEntries(Object.entries(pairs).filter(([key]) => key !== name));
}
