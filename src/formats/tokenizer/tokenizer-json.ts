// GGUF tokenizer metadata -> the tokenizer.json that WebLLM loads. Encoding a text with it gives llama.cpp's ids for the
// same text without special tokens; BOS is never added (the conversation template does that). Control tokens are written
// as sentinels (sentinels.ts) and decode to nothing.
import { AppError } from '#base/errors.ts';
import { shorten, type Metadata } from '#formats/gguf/metadata.ts';
import { readVocabulary, type Vocabulary } from '#formats/gguf/vocabulary.ts';
import { byteLevelParts } from '#formats/tokenizer/byte-level.ts';
import { indexPieces, isHidden, PIECE, type Pieces } from '#formats/tokenizer/pieces.ts';
import { sentencePieceParts } from '#formats/tokenizer/sentencepiece.ts';
import { sentinel, SENTINEL_PATTERN } from '#formats/tokenizer/sentinels.ts';

export type Tokenizer = {
  /** The text of tokenizer.json. */
  readonly json: string;
  /** WebLLM's `tokenizer_info`: how a grammar reads the pieces. */
  readonly info: {
    readonly token_postproc_method: 'byte_level' | 'byte_fallback';
    readonly prepend_space_in_encode: boolean;
  };
  readonly vocabSize: number;
  readonly bosTokenId: number | null;
  /** Every id that ends an answer; the file's own first. */
  readonly eosTokenIds: readonly number[];
  /** Whether a prompt begins with BOS. */
  readonly addBos: boolean;
  /** Ids of the control tokens, by the text that the GGUF gives them. */
  readonly controlIds: ReadonlyMap<string, number>;
};

export type MergePair = readonly [left: string, right: string];

/** What the two kinds of tokenizers decide differently. */
export type TokenizerParts = {
  readonly info: Tokenizer['info'];
  /** Where the file does not say. */
  readonly addBos: boolean;
  /** Best first. */
  readonly merges: readonly MergePair[];
  /** Fields of the BPE model besides vocabulary and merges. */
  readonly model: object;
  readonly normalizer: object | null;
  readonly preTokenizer: object | null;
  readonly decoders: readonly object[];
};

/** Makes the tokenizer of a GGUF; throws `tokenizer-…` or `gguf-…` for one that is unsound or of an unknown kind. */
export function createTokenizerJson(metadata: Metadata): Tokenizer {
  const vocabulary = readVocabulary(metadata);
  const pieces = indexPieces(vocabulary);
  const parts = partsOf(vocabulary, pieces);
  const controlIds = new Map<string, number>();
  for (const [id, text] of pieces.texts.entries()) if (isHidden(pieces, id)) controlIds.set(text, id);
  return {
    json: tokenizerText(pieces, parts),
    info: parts.info,
    vocabSize: pieces.texts.length,
    bosTokenId: vocabulary.bosId,
    eosTokenIds: endIds(vocabulary, controlIds),
    addBos: vocabulary.addBos ?? parts.addBos,
    controlIds,
  };
}

function partsOf(vocabulary: Vocabulary, pieces: Pieces): TokenizerParts {
  switch (vocabulary.model) {
    case 'gpt2':
      return byteLevelParts(vocabulary, pieces);
    case 'llama':
      return sentencePieceParts(vocabulary, pieces);
    default:
      throw new AppError('tokenizer-model', { found: shorten(vocabulary.model) });
  }
}

/** Written by hand: building an object with 100,000 keys is slow, and `__proto__` may be one of them. */
function tokenizerText(pieces: Pieces, parts: TokenizerParts): string {
  const entries: string[] = [];
  const added: object[] = [];
  for (const [id, text] of pieces.texts.entries()) {
    const special = isHidden(pieces, id);
    const content = special ? sentinel(id) : text;
    entries.push(`${JSON.stringify(content)}:${id}`);
    if (special || pieces.types[id] === PIECE.USER_DEFINED) {
      added.push({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special });
    }
  }
  const model = JSON.stringify({ type: 'BPE', dropout: null, ...parts.model }).slice(0, -1);
  const decoders = [{ type: 'Replace', pattern: { Regex: SENTINEL_PATTERN }, content: '' }, ...parts.decoders];
  return [
    '{"version":"1.0","truncation":null,"padding":null',
    `"added_tokens":${JSON.stringify(added)}`,
    `"normalizer":${JSON.stringify(parts.normalizer)}`,
    `"pre_tokenizer":${JSON.stringify(parts.preTokenizer)}`,
    '"post_processor":null',
    `"decoder":${JSON.stringify({ type: 'Sequence', decoders })}`,
    `"model":${model},"vocab":{${entries.join(',')}},"merges":${JSON.stringify(parts.merges)}}}`,
  ].join(',');
}

/** Control tokens that end an answer whatever the file's own end token is. */
const END_TEXTS = [
  '<|im_end|>',
  '<|eot_id|>',
  '<|end|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<|eom_id|>',
  '</s>',
];

function endIds(vocabulary: Vocabulary, controlIds: ReadonlyMap<string, number>): number[] {
  const named = END_TEXTS.map((text) => controlIds.get(text));
  const ids = [vocabulary.eosId, vocabulary.eotId, ...named].filter((id) => typeof id === 'number');
  if (ids.length === 0) throw new AppError('tokenizer-no-end', { known: shorten([...controlIds.keys()].join(' ')) });
  return [...new Set(ids)];
}
