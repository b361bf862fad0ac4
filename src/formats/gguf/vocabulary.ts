// The tokenizer's arrays as the file gives them, with types, lengths and ranges checked. What they mean is formats/tokenizer's.
import { AppError } from '#base/errors.ts';
import { booleanAt, integerAt, required, textAt, textsAt, wrong } from '#formats/gguf/metadata-access.ts';
import type { Metadata } from '#formats/gguf/metadata.ts';

export type Vocabulary = {
  /** `llama` is SentencePiece, `gpt2` is byte-level BPE; others are for the tokenizer to refuse. */
  readonly model: string;
  /** The pre-tokenizer's name, for `gpt2`. */
  readonly pre: string | null;
  readonly tokens: readonly string[];
  /** One for each token, where the file has them. */
  readonly scores: Float32Array | null;
  /** One for each token, where the file has them: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
  readonly types: Int32Array | null;
  /** Pairs of pieces separated by a space, best first; empty where the file has none. */
  readonly merges: readonly string[];
  /** Null where the file names none; every id is below the number of tokens. */
  readonly bosId: number | null;
  readonly eosId: number | null;
  readonly unknownId: number | null;
  readonly paddingId: number | null;
  readonly eotId: number | null;
  readonly addBos: boolean | null;
  readonly addEos: boolean | null;
  readonly addSpacePrefix: boolean | null;
};

/** The vocabulary is also the number of logits, computed for every token: a million is beyond any model. */
export const MAX_TOKENS = 1_048_576;
/** UTF-16 units; the longest pieces of real vocabularies are runs of some hundred spaces. */
const MAX_TOKEN_LENGTH = 4096;

/** Reads the `tokenizer.ggml.*` metadata; throws an AppError for a missing, mistyped or inconsistent one. */
export function readVocabulary(metadata: Metadata): Vocabulary {
  const key = (name: string) => `tokenizer.ggml.${name}`;
  const tokens = required(textsAt(metadata, key('tokens')), key('tokens'));
  if (tokens.length < 1 || tokens.length > MAX_TOKENS) {
    throw wrong(key('tokens'), tokens, `a list of 1 to ${MAX_TOKENS} strings`);
  }
  checkTokens(tokens);
  const id = (name: string) => integerAt(metadata, key(name), { least: 0, most: tokens.length - 1 });
  return {
    model: required(textAt(metadata, key('model')), key('model')),
    pre: textAt(metadata, key('pre')),
    tokens,
    scores: scoresAt(metadata, key('scores'), tokens.length),
    types: typesAt(metadata, key('token_type'), tokens.length),
    merges: textsAt(metadata, key('merges')) ?? [],
    bosId: id('bos_token_id'),
    eosId: id('eos_token_id'),
    unknownId: id('unknown_token_id'),
    paddingId: id('padding_token_id'),
    eotId: id('eot_token_id'),
    addBos: booleanAt(metadata, key('add_bos_token')),
    addEos: booleanAt(metadata, key('add_eos_token')),
    addSpacePrefix: booleanAt(metadata, key('add_space_prefix')),
  };
}

function checkTokens(tokens: readonly string[]): void {
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    const refuse = (found: string, expected: string) =>
      new AppError('gguf-metadata', { key: `tokenizer.ggml.tokens[${id}]`, found, expected });
    if (token.length > MAX_TOKEN_LENGTH) {
      throw refuse(`${token.length} characters long`, `at most ${MAX_TOKEN_LENGTH}`);
    }
    const other = ids.get(token);
    if (other !== undefined) throw refuse(`the same as token ${other}`, 'every token once');
    ids.set(token, id);
  });
}

function scoresAt(metadata: Metadata, key: string, count: number): Float32Array | null {
  const value = metadata.get(key);
  if (value === undefined) return null;
  const fits = value instanceof Float32Array && value.length === count;
  // A score that is no number would make the order of merges depend on the order of comparisons.
  if (!fits || value.some(Number.isNaN)) throw wrong(key, value, `${count} float32 numbers, one for each token`);
  return value;
}

function typesAt(metadata: Metadata, key: string, count: number): Int32Array | null {
  const value = metadata.get(key);
  if (value === undefined) return null;
  const fits = (value instanceof Int32Array || value instanceof Uint32Array) && value.length === count;
  if (!fits) throw wrong(key, value, `${count} integers of 32 bits, one for each token`);
  return Int32Array.from(value);
}
