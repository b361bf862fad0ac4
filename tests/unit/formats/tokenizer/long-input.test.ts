import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { stripSentinels } from '#formats/tokenizer/sentinels.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import { metadataOf, sentencePieceVocabulary, vocabularyFile } from '#tests/support/tokenizer/vocabulary-file.ts';
import { openWebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

const SMOLLM2 = 'static/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf';
const FILES = {
  'byte-level': async () => new Uint8Array(await readFile(SMOLLM2)),
  SentencePiece: async () => vocabularyFile(await sentencePieceVocabulary('mistral')),
};

/** The first as a million characters, the others as 100,000. */
const UNITS = ['a', ' ', '\n', '1', '中', '\ufdd0\u0010'];

describe.each(Object.entries(FILES))('%s', (_name, file) => {
  test(
    'takes a million of the same characters in time that grows with their number',
    { timeout: 180_000 },
    async () => {
      const tokenizer = await openWebTokenizer(createTokenizerJson(metadataOf(await file())).json);
      const elapsedMs = (unit: string, length: number) => {
        const text = unit.repeat(length / unit.length);
        const start = performance.now();
        expect(tokenizer.encode(stripSentinels(text)).length).toBeGreaterThan(0);
        return performance.now() - start;
      };
      for (const [index, unit] of UNITS.entries()) {
        const length = index === 0 ? 1_000_000 : 100_000;
        const shortMs = Math.max(1, elapsedMs(unit, length / 20), elapsedMs(unit, length / 20));
        const longMs = elapsedMs(unit, length);
        // 20 times the text: 20 times the time and a logarithm. Quadratic would be 400 times.
        expect(longMs / shortMs, `${JSON.stringify(unit)}: ${shortMs} ms, then ${longMs} ms`).toBeLessThan(150);
      }
      tokenizer.dispose();
    },
  );
});
