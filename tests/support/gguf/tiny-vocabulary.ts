// Small vocabularies with real merges, learned from the text below, in both forms that GGUF files carry.
import { array, bool, text, texts, u32, type WrittenFile } from '#tests/support/gguf/writer.ts';

const CORPUS = `The sun rises in the east and the day begins. A small model answers here, in this very browser, and nothing
leaves the machine. What is the capital of France? The capital of France is Paris. She sells sea shells by the sea shore;
the shells that she sells are sea shells for sure. One, two, three, four: 1 2 3 4 10 20 100 2024. Write a function that
returns the larger of two numbers. function max(a, b) { return a > b ? a : b; } ### User: Hello! ### Assistant: Hello there,
how can I help you today? It's the students' turn, they've done what we'd said. Über die Brücke, déjà vu, el niño.`;

export type TokenizerKind = 'llama' | 'gpt2';

export type TinyVocabulary = { readonly metadata: WrittenFile['metadata']; readonly size: number };

/** Learning the merges takes longer than all the rest of a tiny model, and tests make many of one size. */
const learned = new Map<string, TinyVocabulary>();

/** The tokenizer's metadata for exactly `size` tokens (about 320 to 600). */
export function tinyVocabulary(kind: TokenizerKind, size: number): TinyVocabulary {
  const vocabulary = learned.get(`${kind} ${size}`) ?? (kind === 'llama' ? sentencePiece(size) : byteLevel(size));
  learned.set(`${kind} ${size}`, vocabulary);
  return vocabulary;
}

const CONTROL = 3;
const NORMAL = 1;

/** `llama`: <unk>, <s>, </s>, 256 byte tokens, merged pieces from the first to be merged on, single characters. */
function sentencePiece(size: number): TinyVocabulary {
  const words = CORPUS.split(/\s+/).map((word) => [...`▁${word}`]);
  const characters = [...new Set(words.flat())].sort();
  const fixed = ['<unk>', '<s>', '</s>', ...Array.from({ length: 256 }, (_, byte) => `<0x${hex(byte)}>`)];
  const merges = learnMerges(words, size - fixed.length - characters.length);
  const tokens = [...fixed, ...merges.map(([a, b]) => a + b), ...characters];
  const types = tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? CONTROL : id < 259 ? 6 : NORMAL));
  const scores = tokens.map((_, id) => (id < 259 ? 0 : 259 - id));
  return {
    size: tokens.length,
    metadata: [
      ['tokenizer.ggml.model', text('llama')],
      ['tokenizer.ggml.pre', text('default')],
      ['tokenizer.ggml.tokens', texts(tokens)],
      ['tokenizer.ggml.scores', array('FLOAT32', scores)],
      ['tokenizer.ggml.token_type', array('INT32', types)],
      ['tokenizer.ggml.bos_token_id', u32(1)],
      ['tokenizer.ggml.eos_token_id', u32(2)],
      ['tokenizer.ggml.unknown_token_id', u32(0)],
      ['tokenizer.ggml.add_bos_token', bool(true)],
      ['tokenizer.ggml.add_eos_token', bool(false)],
    ],
  };
}

/** `gpt2`: three control tokens, the 256 bytes in their printable form, merged pieces. Pre-tokenizer and ids as SmolLM2's. */
function byteLevel(size: number): TinyVocabulary {
  const printable = byteCharacters();
  const words = (CORPUS.match(/ ?[\p{L}']+|\p{N}| ?[^\s\p{L}\p{N}]+|\n/gu) ?? []).map((word) =>
    Array.from(new TextEncoder().encode(word), (byte) => printable[byte]!),
  );
  const fixed = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
  const merges = learnMerges(words, size - fixed.length - 256);
  const tokens = [...fixed, ...printable, ...merges.map(([a, b]) => a + b)];
  return {
    size: tokens.length,
    metadata: [
      ['tokenizer.ggml.model', text('gpt2')],
      ['tokenizer.ggml.pre', text('smollm')],
      ['tokenizer.ggml.tokens', texts(tokens)],
      [
        'tokenizer.ggml.token_type',
        array(
          'INT32',
          tokens.map((_, id) => (id < fixed.length ? CONTROL : NORMAL)),
        ),
      ],
      ['tokenizer.ggml.merges', texts(merges.map((pair) => pair.join(' ')))],
      ['tokenizer.ggml.bos_token_id', u32(1)],
      ['tokenizer.ggml.eos_token_id', u32(2)],
      ['tokenizer.ggml.unknown_token_id', u32(0)],
      ['tokenizer.ggml.padding_token_id', u32(2)],
      ['tokenizer.ggml.add_bos_token', bool(false)],
      ['tokenizer.ggml.add_space_prefix', bool(false)],
    ],
  };
}

/** Byte-pair encoding: merges the most frequent pair, `count` times. */
function learnMerges(words: string[][], count: number): [string, string][] {
  if (count < 0) throw new Error(`${-count} tokens too few for the vocabulary`);
  const merges: [string, string][] = [];
  const known = new Set<string>();
  while (merges.length < count) {
    const counts = new Map<string, { pair: [string, string]; count: number }>();
    for (const word of words) {
      for (let at = 0; at + 1 < word.length; at++) {
        const pair: [string, string] = [word[at]!, word[at + 1]!];
        const entry = counts.get(pair.join(' ')) ?? { pair, count: 0 };
        counts.set(pair.join(' '), { pair, count: entry.count + 1 });
      }
    }
    const candidates = [...counts.values()].filter(({ pair }) => !known.has(pair.join('')));
    const best = candidates.reduce((a, b) => (b.count > a.count ? b : a), { pair: ['', ''], count: 0 });
    if (best.count === 0) throw new Error(`the text gives only ${merges.length} merges of ${count}`);
    const [first, second] = best.pair as [string, string];
    merges.push([first, second]);
    known.add(first + second);
    for (const word of words) {
      for (let at = 0; at + 1 < word.length; at++) {
        if (word[at] === first && word[at + 1] === second) word.splice(at, 2, first + second);
      }
    }
  }
  return merges;
}

/** GPT-2's printable character for each byte: itself where it prints, otherwise the next one from U+0100 on. */
function byteCharacters(): string[] {
  const prints = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(prints(byte) ? byte : next++));
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
