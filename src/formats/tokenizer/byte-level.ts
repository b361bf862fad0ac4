// GGUF tokenizer model "gpt2": byte-level BPE. Pieces are written in GPT-2's alphabet of 256 printable characters, one for
// each byte; merges are ranked by their order.
import { AppError } from '#base/errors.ts';
import { shorten } from '#formats/gguf/metadata.ts';
import type { Vocabulary } from '#formats/gguf/vocabulary.ts';
import type { Pieces } from '#formats/tokenizer/pieces.ts';
import { findPreTokenizer, PRE_TOKENIZER_NAMES } from '#formats/tokenizer/pre-tokenizers.ts';
import type { MergePair, TokenizerParts } from '#formats/tokenizer/tokenizer-json.ts';

/** The parts of tokenizer.json that byte-level BPE decides. */
export function byteLevelParts(vocabulary: Vocabulary, pieces: Pieces): TokenizerParts {
  // Files from before the key existed are read as those that say "default".
  const name = vocabulary.pre ?? 'default';
  const pre = findPreTokenizer(name);
  if (!pre) throw new AppError('tokenizer-pre', { name: shorten(name), known: PRE_TOKENIZER_NAMES.join(', ') });
  const splits = pre.patterns.map((pattern) => ({
    type: 'Split',
    pattern: { Regex: pattern },
    behavior: 'Isolated',
    invert: false,
  }));
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    info: { token_postproc_method: 'byte_level', prepend_space_in_encode: false },
    addBos: pre.addBos,
    merges: readMerges(vocabulary, pieces),
    model: { unk_token: null, fuse_unk: false, byte_fallback: false, ignore_merges: pre.ignoreMerges },
    normalizer: null,
    preTokenizer: { type: 'Sequence', pretokenizers: [...splits, bytes, ...dropMissingBytes(pieces)] },
    decoders: [bytes],
  };
}

/**
 * A byte that is no piece gives no token, as in llama.cpp, and the pieces beside it do not join over the gap. (SmolLM2 has
 * pieces for 235 of the 256 bytes.)
 */
function dropMissingBytes(pieces: Pieces): object[] {
  const missing = byteCharacters().filter((character) => !pieces.idOf.has(character));
  if (missing.length === 0) return [];
  return [
    {
      type: 'Split',
      pattern: { Regex: `[${missing.map(escapeInClass).join('')}]` },
      behavior: 'Removed',
      invert: false,
    },
  ];
}

/** GPT-2's alphabet: printable Latin-1 stands for itself, the other bytes for the characters from U+0100 on. */
function byteCharacters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(printable ? byte : next++);
  });
}

function escapeInClass(character: string): string {
  return /[\\\]^[&-]/.test(character) ? `\\${character}` : character;
}

/** The merges in order of rank; of a pair that comes twice the first counts. */
function readMerges(vocabulary: Vocabulary, pieces: Pieces): MergePair[] {
  const seen = new Set<string>();
  const merges: MergePair[] = [];
  for (const [rank, line] of vocabulary.merges.entries()) {
    const refuse = (reason: string) => new AppError('tokenizer-merge', { rank, merge: shorten(line), reason });
    // From the second character on: a piece may itself begin with a space.
    const gap = line.indexOf(' ', 1);
    const left = line.slice(0, gap);
    const right = line.slice(gap + 1);
    if (gap < 0 || right === '') throw refuse('it is not a pair');
    for (const piece of [left, right, left + right]) {
      if (!pieces.idOf.has(piece)) throw refuse(`"${shorten(piece)}" is no piece`);
    }
    if (seen.has(line)) continue;
    seen.add(line);
    merges.push([left, right]);
  }
  return merges;
}
