// The tokenizer.json we make, in the tokenizer that WebLLM bundles, against llama.cpp on the same vocabulary.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTokenizerJson, type Tokenizer } from '#formats/tokenizer/tokenizer-json.ts';
import { tinyVocabulary } from '#tests/support/gguf/tiny-vocabulary.ts';
import { array, bool } from '#tests/support/gguf/writer.ts';
import { FIXED_TEXTS, randomTexts, RUNS } from '#tests/support/tokenizer/texts.ts';
import {
  metadataOf,
  openLlamaVocabulary,
  sentencePieceVocabulary,
  vocabularyFile,
  type LlamaVocabulary,
  type VocabularyPairs,
} from '#tests/support/tokenizer/vocabulary-file.ts';
import { openWebTokenizer, type WebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

const SMOLLM2 = 'static/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf';

const USER_DEFINED = ['<tool>', '[TOOL]\n', '😀😀'];

const FILES: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  'SmolLM2 (byte-level, 49152 pieces)': async () => new Uint8Array(await readFile(SMOLLM2)),
  'Mistral and SOLAR (SentencePiece, 32000 pieces)': async () =>
    vocabularyFile(await sentencePieceVocabulary('mistral')),
  'Llama 2 (SentencePiece, 32000 pieces)': async () => vocabularyFile(await sentencePieceVocabulary('llama-2')),
  'Mistral without the space in front': async () =>
    vocabularyFile({ ...(await sentencePieceVocabulary('mistral')), 'tokenizer.ggml.add_space_prefix': bool(false) }),
  'a tiny SentencePiece vocabulary': async () =>
    vocabularyFile(Object.fromEntries(tinyVocabulary('llama', 384).metadata)),
  'a tiny byte-level vocabulary': async () => vocabularyFile(Object.fromEntries(tinyVocabulary('gpt2', 448).metadata)),
  'Mistral with user-defined pieces': async () => vocabularyFile(await withUserDefined()),
};

/** Pieces that are matched in text as they stand, and a piece marked unused, which llama.cpp makes nevertheless. */
async function withUserDefined(): Promise<VocabularyPairs> {
  const pairs = await sentencePieceVocabulary('mistral', USER_DEFINED, 4);
  const types = metadataOf(vocabularyFile(pairs)).get('tokenizer.ggml.token_type') as Int32Array;
  return { ...pairs, 'tokenizer.ggml.token_type': array('INT32', [...types.with(700, 5)]) };
}

describe.each(Object.keys(FILES))('%s', (name) => {
  let made: Tokenizer;
  let ours: WebTokenizer;
  let theirs: LlamaVocabulary;

  beforeAll(async () => {
    const file = await FILES[name]!();
    made = createTokenizerJson(metadataOf(file));
    ours = await openWebTokenizer(made.json);
    theirs = await openLlamaVocabulary(name.startsWith('SmolLM2') ? SMOLLM2 : file);
  });
  afterAll(async () => {
    ours.dispose();
    await theirs.close();
  });

  const expectEqual = (all: readonly string[]) => {
    for (const text of all) expect([...ours.encode(text)], JSON.stringify(text)).toEqual(theirs.tokenize(text, false));
  };

  test('encodes texts in many scripts, code, white space and typed control tokens as llama.cpp does', () => {
    expectEqual(FIXED_TEXTS);
  });

  test('encodes runs of one character as llama.cpp does', () => expectEqual(RUNS));

  test('encodes random text as llama.cpp does', () => {
    const pieces = Array.from({ length: made.vocabSize }, (_, id) => ours.idToToken(id).replaceAll('▁', ' '));
    expectEqual(randomTexts(1, 2400, [...pieces.slice(259), ...USER_DEFINED]));
  });

  test('has every id once, and no id that a text becomes is a control token', () => {
    expect(ours.getVocabSize()).toBe(made.vocabSize);
    const hidden = new Set(made.controlIds.values());
    expect(hidden.size).toBeGreaterThan(1);
    for (const text of [...FIXED_TEXTS, [...made.controlIds.keys()].join(' ')]) {
      expect(
        [...ours.encode(text)].filter((id) => hidden.has(id)),
        JSON.stringify(text),
      ).toEqual([]);
    }
  });

  test('decodes what it encodes to the same text, and control tokens to nothing', () => {
    const prefix = made.info.prepend_space_in_encode ? ' ' : '';
    // SmolLM2 has no piece for some bytes, and a tiny vocabulary of SentencePiece's kind reads "▁" as a space.
    const skipped = /[▁\uffff\u{10ffff}\ufffd\u{e0000}-\u{fffff}\0]/u;
    const known = (text: string) => text !== '' && !skipped.test(text) && !name.startsWith('SmolLM2');
    for (const text of FIXED_TEXTS.filter(known)) expect(ours.decode(ours.encode(text))).toBe(prefix + text);
    expect(ours.decode(Int32Array.from(made.controlIds.values()))).toBe('');
  });
});
