import { expect, test } from 'vitest';
import { findPreTokenizer, PRE_TOKENIZER_NAMES } from '#formats/tokenizer/pre-tokenizers.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import { text } from '#tests/support/gguf/writer.ts';
import { splittingVocabulary, WHOLE_WORD } from '#tests/support/tokenizer/splitting-vocabulary.ts';
import { FIXED_TEXTS, randomTexts, RUNS } from '#tests/support/tokenizer/texts.ts';
import { metadataOf, openLlamaVocabulary, vocabularyFile } from '#tests/support/tokenizer/vocabulary-file.ts';
import { openWebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

const SHORT = RUNS.filter((run) => run.length < 40);
const FEW = [...FIXED_TEXTS, WHOLE_WORD, ` ${WHOLE_WORD} 123 1234 ${WHOLE_WORD}s`];
const MANY = [...FEW, ...SHORT, ...randomTexts(2, 700)];

/** One name for each way to cut; the others mean one of these. */
const DISTINCT = [...new Map(PRE_TOKENIZER_NAMES.map((name) => [findPreTokenizer(name), name])).values()];

test.each(PRE_TOKENIZER_NAMES)('%s cuts text into words as llama.cpp does', async (name) => {
  const file = vocabularyFile(splittingVocabulary(name));
  const ours = await openWebTokenizer(createTokenizerJson(metadataOf(file)).json);
  const theirs = await openLlamaVocabulary(file);
  const texts = DISTINCT.includes(name) ? MANY : FEW;
  for (const text of texts) expect([...ours.encode(text)], JSON.stringify(text)).toEqual(theirs.tokenize(text, false));
  ours.dispose();
  await theirs.close();
});

test('refuses a name it does not know and says which it knows', () => {
  const pairs = { ...splittingVocabulary('default'), 'tokenizer.ggml.pre': text('quantum-bpe') };
  expect(() => createTokenizerJson(metadataOf(vocabularyFile(pairs)))).toThrowError(
    expect.objectContaining({ code: 'tokenizer-pre', message: expect.stringMatching(/quantum-bpe.*smollm/) }),
  );
});
