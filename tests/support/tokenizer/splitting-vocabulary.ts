// A byte-level vocabulary that shows where text was cut into words: any two neighbouring bytes of common text merge, so a
// word boundary between them is seen in the tokens. Numbers of three digits and a long word are pieces that no merges make,
// which shows whether words are looked up whole.
import { array, bool, text, texts, u32 } from '#tests/support/gguf/writer.ts';
import type { VocabularyPairs } from '#tests/support/tokenizer/vocabulary-file.ts';

export const WHOLE_WORD = 'wholeword';

export function splittingVocabulary(pre: string): VocabularyPairs {
  const printable = byteCharacters();
  const ascii = range(0x20, 0x7f).concat([0x09, 0x0a, 0x0d]);
  const lead = range(0xc2, 0xf5);
  const continuation = range(0x80, 0xc0);
  const pairs = [
    ...product(ascii, ascii),
    ...product(ascii, lead),
    ...product(continuation, lead),
    ...product(lead, continuation),
    ...product(continuation, ascii),
  ].map(([a, b]) => [printable[a!]!, printable[b!]!] as const);
  const merges = pairs.map((pair) => pair.join(' '));
  const pieces = ['<|end|>', '<|begin|>', ...printable, ...pairs.map((pair) => pair.join('')), WHOLE_WORD, '123'];
  return {
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text(pre),
    'tokenizer.ggml.tokens': texts(pieces),
    'tokenizer.ggml.token_type': array(
      'INT32',
      pieces.map((_, id) => (id < 2 ? 3 : 1)),
    ),
    'tokenizer.ggml.merges': texts(merges),
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(0),
    'tokenizer.ggml.add_bos_token': bool(false),
  };
}

/** GPT-2's printable character for each byte. */
function byteCharacters(): string[] {
  let next = 0x100;
  return range(0, 256).map((byte) => {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(isPrintable ? byte : next++);
  });
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

const product = (left: readonly number[], right: readonly number[]) =>
  left.flatMap((a) => right.map((b) => [a, b] as const));
