// The pieces of a vocabulary with what each is, indexed both ways.
import { AppError } from '#base/errors.ts';
import { shorten } from '#formats/gguf/metadata.ts';
import type { Vocabulary } from '#formats/gguf/vocabulary.ts';

/** GGUF's numbers for what a piece is. */
export const PIECE = { NORMAL: 1, UNKNOWN: 2, CONTROL: 3, USER_DEFINED: 4, UNUSED: 5, BYTE: 6 } as const;

export type Pieces = {
  readonly texts: readonly string[];
  readonly idOf: ReadonlyMap<string, number>;
  /** By id; one of PIECE. */
  readonly types: Uint8Array;
};

/** Indexes a checked vocabulary; throws `tokenizer-piece` for an empty piece and for a type that GGUF does not know. */
export function indexPieces(vocabulary: Vocabulary): Pieces {
  const { tokens } = vocabulary;
  const idOf = new Map<string, number>();
  const types = new Uint8Array(tokens.length).fill(PIECE.NORMAL);
  for (const [id, piece] of tokens.entries()) {
    const refuse = (reason: string) => new AppError('tokenizer-piece', { id, piece: shorten(piece), reason });
    if (piece === '') throw refuse('it is empty');
    if (!piece.isWellFormed()) throw refuse('it is not valid text');
    const type = vocabulary.types?.[id] ?? PIECE.NORMAL;
    if (type < PIECE.NORMAL || type > PIECE.BYTE) throw refuse(`its type is ${type}, and types go from 1 to 6`);
    idOf.set(piece, id);
    types[id] = type;
  }
  return { texts: tokens, idOf, types };
}

/** How model makers write control tokens; some conversions wrongly call them normal or user-defined. */
const CONTROL_FORM = /^<\|[^<>|]+\|>$/;

/** Whether a piece stands for no text, so that nothing typed may become it. */
export function isHidden(pieces: Pieces, id: number): boolean {
  const type = pieces.types[id];
  return type === PIECE.CONTROL || type === PIECE.UNKNOWN || CONTROL_FORM.test(pieces.texts[id]!);
}

/** Whether merges may use and make the piece. */
export function isMergeable(pieces: Pieces, id: number): boolean {
  return pieces.types[id] !== PIECE.BYTE && !isHidden(pieces, id);
}
