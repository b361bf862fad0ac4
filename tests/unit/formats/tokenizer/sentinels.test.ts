import { beforeAll, expect, test } from 'vitest';
import { CONTINUES, sentinel, stripSentinels } from '#formats/tokenizer/sentinels.ts';
import { createTokenizerJson, type Tokenizer } from '#formats/tokenizer/tokenizer-json.ts';
import { Random } from '#tests/support/gguf/random.ts';
import { tinyVocabulary } from '#tests/support/gguf/tiny-vocabulary.ts';
import { FIXED_TEXTS } from '#tests/support/tokenizer/texts.ts';
import { metadataOf, vocabularyFile } from '#tests/support/tokenizer/vocabulary-file.ts';
import { openWebTokenizer, type WebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

let made: Tokenizer;
let tokenizer: WebTokenizer;

beforeAll(async () => {
  made = createTokenizerJson(metadataOf(vocabularyFile(Object.fromEntries(tinyVocabulary('llama', 384).metadata))));
  tokenizer = await openWebTokenizer(made.json);
});

test('a sentinel is the control token, also in the middle of text', () => {
  const ids = [...tokenizer.encode(`a${sentinel(2)}b`)];
  expect(ids.filter((id) => id === 2)).toHaveLength(1);
  expect(ids.indexOf(2)).toBeGreaterThan(0);
  expect([...tokenizer.encode(sentinel(1))]).toEqual([1]);
});

test('a string that goes on gets no space in front and no token for the mark', () => {
  const alone = [...tokenizer.encode('Hello there')];
  expect(tokenizer.decode(tokenizer.encode(`${CONTINUES}Hello there`))).toBe('Hello there');
  expect(tokenizer.decode(Int32Array.from(alone))).toBe(' Hello there');
  expect([...tokenizer.encode(CONTINUES)]).toEqual([]);
  expect([...tokenizer.encode(`${CONTINUES} Hello there`)]).toEqual(alone);
});

test('leaves text without sentinels as it is, half sentinels included', () => {
  for (const text of [
    ...FIXED_TEXTS,
    '\ufdd0',
    '\ufdd0\u0010',
    '\ufdd0\u00107',
    '7\ufdd1',
    '\ufdd0\u0010x\ufdd1',
    '\u0010\ufdd07\ufdd1',
  ]) {
    expect(stripSentinels(text)).toBe(text);
  }
});

test('makes a typed sentinel text', () => {
  expect(stripSentinels(`a${sentinel(12)}b`)).toBe('a\ufffd\u001012\ufdd1b');
  expect(stripSentinels(`${CONTINUES}b`)).toBe('\ufffd\u0010+\ufdd1b');
});

test('replaces lone surrogates, which would end the tokenizer', () => {
  expect(stripSentinels('a\ud800b\udc00')).toBe('a\ufffdb\ufffd');
  expect(stripSentinels('😀')).toBe('😀');
});

test('no text put together from pieces of sentinels becomes a control token', () => {
  const random = new Random(3);
  const pieces = [
    '\ufdd0',
    '\u0010',
    '\ufdd0\u0010',
    '1',
    '2',
    '+',
    '\ufdd1',
    'a',
    sentinel(1),
    sentinel(2),
    CONTINUES,
  ];
  const hidden = new Set(made.controlIds.values());
  for (let round = 0; round < 3000; round++) {
    const count = 1 + random.integer(12);
    const text = Array.from({ length: count }, () => pieces[random.integer(pieces.length)]!).join('');
    const stripped = stripSentinels(text);
    expect(stripSentinels(stripped), JSON.stringify(text)).toBe(stripped);
    const ids = [...tokenizer.encode(stripped)];
    expect(
      ids.filter((id) => hidden.has(id)),
      JSON.stringify(text),
    ).toEqual([]);
    expect(tokenizer.decode(Int32Array.from(ids)), JSON.stringify(text)).toBe(` ${stripped}`);
  }
});
