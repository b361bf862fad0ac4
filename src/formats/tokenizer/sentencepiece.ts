// GGUF tokenizer model "llama": SentencePiece BPE. There are no merges in the file: two neighbours join when together they
// are a piece, best score first, leftmost first among equals; characters that are no piece become byte pieces.
import { AppError } from '#base/errors.ts';
import { required } from '#formats/gguf/metadata-access.ts';
import type { Vocabulary } from '#formats/gguf/vocabulary.ts';
import { isMergeable, PIECE, type Pieces } from '#formats/tokenizer/pieces.ts';
import { CONTINUES } from '#formats/tokenizer/sentinels.ts';
import type { MergePair, TokenizerParts } from '#formats/tokenizer/tokenizer-json.ts';

/** What SentencePiece writes for a space. */
const SPACE = '\u2581';

/** The parts of tokenizer.json that SentencePiece decides. */
export function sentencePieceParts(vocabulary: Vocabulary, pieces: Pieces): TokenizerParts {
  checkBytePieces(pieces);
  const scores = required(vocabulary.scores, 'tokenizer.ggml.scores');
  const prefix = vocabulary.addSpacePrefix ?? true;
  const continues = CONTINUES.replace('+', '\\+');
  return {
    info: { token_postproc_method: 'byte_fallback', prepend_space_in_encode: prefix },
    addBos: true,
    merges: mergesFromScores(pieces, scores),
    model: { unk_token: null, fuse_unk: false, byte_fallback: true, ignore_merges: false },
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...(prefix ? [{ type: 'Prepend', prepend: SPACE }] : []),
        { type: 'Replace', pattern: { Regex: `\\A${SPACE}?${continues}` }, content: '' },
        { type: 'Replace', pattern: { String: ' ' }, content: SPACE },
      ],
    },
    preTokenizer: null,
    decoders: [
      { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
    ],
  };
}

/** Checks that the byte pieces are exactly <0x00> to <0xFF>. */
function checkBytePieces(pieces: Pieces): void {
  for (const [id, type] of pieces.types.entries()) {
    const piece = pieces.texts[id]!;
    if (type === PIECE.BYTE && !/^<0x[0-9A-F]{2}>$/.test(piece)) {
      throw new AppError('tokenizer-piece', { id, piece, reason: 'a byte piece is written <0x00> to <0xFF>' });
    }
  }
  for (let byte = 0; byte < 256; byte++) {
    const piece = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    const id = pieces.idOf.get(piece);
    if (id === undefined || pieces.types[id] !== PIECE.BYTE) throw new AppError('tokenizer-byte-missing', { piece });
  }
}

/** Every way to cut every piece is looked up: squared lengths, in sum. Real vocabularies stay below 2^24. */
const MAX_CUTTING = 2 ** 26;

/**
 * Ranked merges that do what the scores say. Ranks are all different, scores may be equal, and then SentencePiece takes
 * the leftmost pair: here the pair with the longer left part goes first, which makes a run of one character grow from the
 * left. That is the same for Mistral's runs of spaces, the only equal scores in the vocabularies known; for other pieces
 * of equal scores the order can differ.
 */
function mergesFromScores(pieces: Pieces, scores: Float32Array): MergePair[] {
  const cutting = pieces.texts.reduce((sum, { length }) => sum + length * length, 0);
  if (cutting > MAX_CUTTING) throw new AppError('tokenizer-too-long', { cutting, limit: MAX_CUTTING });
  const found: { left: string; right: string; score: number }[] = [];
  const joins = (text: string) => {
    const id = pieces.idOf.get(text);
    return id !== undefined && isMergeable(pieces, id);
  };
  for (const [id, piece] of pieces.texts.entries()) {
    if (!isMergeable(pieces, id)) continue;
    for (let at = 1; at < piece.length; at++) {
      if (isLowSurrogate(piece.charCodeAt(at))) continue;
      const left = piece.slice(0, at);
      const right = piece.slice(at);
      if (joins(left) && joins(right)) found.push({ left, right, score: scores[id]! });
    }
  }
  found.sort((a, b) => b.score - a.score || b.left.length - a.left.length);
  return found.map(({ left, right }) => [left, right]);
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
