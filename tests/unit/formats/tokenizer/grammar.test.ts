// JSON mode: the grammar engine that WebLLM bundles, on the token table that WebLLM makes from our tokenizer.json.
import { describe, expect, test } from 'vitest';
import { CONTINUES } from '#formats/tokenizer/sentinels.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import { tinyVocabulary } from '#tests/support/gguf/tiny-vocabulary.ts';
import { metadataOf, vocabularyFile } from '#tests/support/tokenizer/vocabulary-file.ts';
import { loadXgrammar, openWebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

const SIZES = { llama: 384, gpt2: 448 } as const;
const SCHEMA = JSON.stringify({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] });
const ANSWER = '{"name": "Zoë \\"中文\\" 😀 x"}';

describe.each(['llama', 'gpt2'] as const)('%s', (kind) => {
  test('a grammar takes the tokens of a JSON answer, then the end, and never a control token', async () => {
    const made = createTokenizerJson(
      metadataOf(vocabularyFile(Object.fromEntries(tinyVocabulary(kind, SIZES[kind]).metadata))),
    );
    const tokenizer = await openWebTokenizer(made.json);
    const { TokenizerInfo, GrammarCompiler, GrammarMatcher } = loadXgrammar();
    const table = Array.from({ length: tokenizer.getVocabSize() }, (_, id) => tokenizer.idToToken(id));
    const { token_postproc_method, prepend_space_in_encode } = made.info;
    const stops = [...made.eosTokenIds];
    const info = await TokenizerInfo.createTokenizerInfo(
      table,
      token_postproc_method,
      prepend_space_in_encode,
      made.vocabSize,
      stops,
    );
    const compiler = await GrammarCompiler.createGrammarCompiler(info);
    const matcher = await GrammarMatcher.createGrammarMatcher(await compiler.compileJSONSchema(SCHEMA));
    const allowed = async () => {
      const mask = await matcher.getNextTokenBitmask();
      return (id: number) => ((mask[id >> 5]! >>> (id & 31)) & 1) === 1;
    };

    // SentencePiece puts a space in front of a text; an answer goes on where the prompt ended.
    for (const id of tokenizer.encode(prepend_space_in_encode ? CONTINUES + ANSWER : ANSWER)) {
      const isAllowed = await allowed();
      expect(isAllowed(id), table[id]).toBe(true);
      expect([...made.controlIds].filter(([, control]) => isAllowed(control)).map(([text]) => text)).toEqual([]);
      expect(matcher.acceptToken(id)).toBe(true);
    }
    const isAllowed = await allowed();
    expect(stops.every(isAllowed)).toBe(true);
    expect(matcher.acceptToken(stops[0]!)).toBe(true);
    expect(matcher.isTerminated()).toBe(true);
    for (const one of [matcher, compiler, info, tokenizer]) one.dispose();
  });
});
