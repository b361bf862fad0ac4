// The CPU engine's tokenizer against the one that WebLLM bundles, which other tests hold against llama.cpp: both engines must
// prefill the same ids.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mergePieces, MergeTable } from '#engine/cpu/merge-pieces.ts';
import { TextCodec } from '#engine/cpu/text-codec.ts';
import { findPreTokenizer, PRE_TOKENIZER_NAMES } from '#formats/tokenizer/pre-tokenizers.ts';
import { CONTINUES, sentinel } from '#formats/tokenizer/sentinels.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import { tinyVocabulary } from '#tests/support/gguf/tiny-vocabulary.ts';
import { splittingVocabulary, WHOLE_WORD } from '#tests/support/tokenizer/splitting-vocabulary.ts';
import { FIXED_TEXTS, randomTexts, RUNS } from '#tests/support/tokenizer/texts.ts';
import { metadataOf, sentencePieceVocabulary, vocabularyFile } from '#tests/support/tokenizer/vocabulary-file.ts';
import { openWebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

const SMOLLM2 = 'static/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf';

const VOCABULARIES: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  'SmolLM2 (byte-level)': async () => new Uint8Array(readFileSync(SMOLLM2)),
  'Mistral and SOLAR (SentencePiece)': async () => vocabularyFile(await sentencePieceVocabulary('mistral')),
  'Mistral with user-defined pieces': async () =>
    vocabularyFile(await sentencePieceVocabulary('mistral', ['<tool>', '[TOOL]\n', '😀😀'], 4)),
  'a tiny byte-level vocabulary': async () => vocabularyFile(Object.fromEntries(tinyVocabulary('gpt2', 448).metadata)),
};

/** One name for each way to cut text into words. */
const CUTS = [...new Map(PRE_TOKENIZER_NAMES.map((name) => [findPreTokenizer(name), name])).values()];

/** JavaScript knows the letters of newer Unicodes than llama.cpp's 15: scripts that the browsers do not agree about yet. */
const isSettled = (text: string) => !/[\u{10000}-\u{1efff}\u{20000}-\u{3ffff}]/u.test(text);

async function expectSame(file: Uint8Array, texts: readonly string[]): Promise<void> {
  const { json } = createTokenizerJson(metadataOf(file));
  const codec = new TextCodec(json);
  const web = await openWebTokenizer(json);
  try {
    expect(codec.size).toBe(web.getVocabSize());
    for (const text of texts) {
      const ids = [...web.encode(text)];
      expect(codec.encode(text), JSON.stringify(text)).toEqual(ids);
      expect(codec.decode(ids), JSON.stringify(text)).toBe(web.decode(Int32Array.from(ids)));
    }
  } finally {
    web.dispose();
  }
}

test.each(Object.keys(VOCABULARIES))('%s: encodes and decodes as WebLLM does', async (name) => {
  const prompts = [
    `${sentinel(1)}user\nHi${sentinel(2)}\n`,
    `${CONTINUES} more`,
    `${sentinel(2)} a${sentinel(1)}`,
    sentinel(0),
  ];
  await expectSame(await VOCABULARIES[name]!(), [...FIXED_TEXTS, ...RUNS, ...prompts, ...randomTexts(3, 600)]);
});

test.each(CUTS)('%s: cuts text into words as WebLLM does', async (name) => {
  const words = [WHOLE_WORD, ` ${WHOLE_WORD} 123 1234 ${WHOLE_WORD}s`];
  await expectSame(vocabularyFile(splittingVocabulary(name)), [
    ...FIXED_TEXTS,
    ...words,
    ...randomTexts(4, 500).filter(isSettled),
  ]);
});

test('a long text without spaces takes no time squared', async () => {
  const { json } = createTokenizerJson(metadataOf(vocabularyFile(await sentencePieceVocabulary('mistral'))));
  const codec = new TextCodec(json);
  const startedMs = performance.now();
  expect(codec.encode('ab'.repeat(100_000)).length).toBeGreaterThan(10_000);
  expect(performance.now() - startedMs).toBeLessThan(5000);
});

test('merges the lowest rank first, and the leftmost among equals', () => {
  const table = new MergeTable(10);
  table.add(1, 2, 1, 5); // ab
  table.add(2, 3, 0, 6); // bc
  table.add(1, 1, 2, 7); // aa
  expect(mergePieces([1, 2, 3], table)).toEqual([1, 6]);
  expect(mergePieces([1, 1, 1], table)).toEqual([7, 1]);
  expect(mergePieces([], table)).toEqual([]);
});

test('bytes of a character that several tokens share make it only together', () => {
  const { json } = createTokenizerJson(metadataOf(new Uint8Array(readFileSync(SMOLLM2))));
  const codec = new TextCodec(json);
  const ids = codec.encode('🤗');
  expect(ids.length).toBeGreaterThan(1);
  expect(codec.decode(ids.slice(0, -1))).toBe('\uFFFD');
  expect(codec.decode(ids)).toBe('🤗');
});
