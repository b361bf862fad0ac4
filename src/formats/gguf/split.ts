// Models split by llama.cpp's convention: NAME-00001-of-0000N.gguf to NAME-0000N-of-0000N.gguf. Each piece is a GGUF file of
// its own; the first carries the model's metadata, and all carry split.no (from 0), split.count and split.tensors.count.
import { AppError } from '#base/errors.ts';
import type { GgufHeader } from '#formats/gguf/header.ts';
import type { Metadata } from '#formats/gguf/metadata.ts';
import type { GgufTensor } from '#formats/gguf/tensor-table.ts';

/** A whole model: one file, or all pieces of a split one. */
export type Gguf = {
  readonly metadata: Metadata;
  /** By name; `fileIndex` says which of `files` holds the bytes. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly files: readonly { readonly dataOffset: number; readonly sizeBytes: number }[];
};

const MAX_PIECES = 1000;
/** The number and the count of a piece; what follows may be the query or fragment of a URL. */
const PIECE_NAME = /-(\d{5})-of-(\d{5})\.gguf(?=$|[?#])/;

/** Joins the headers of a model's files, given in order; throws `gguf-split` where they are not one whole model. */
export function joinSplits(headers: readonly GgufHeader[]): Gguf {
  const first = headers[0];
  if (!first) throw mismatch('the number of files', '0', 'at least 1');
  const tensors = new Map<string, GgufTensor>();
  headers.forEach((header, fileIndex) => {
    checkPiece(header, fileIndex, headers.length);
    for (const tensor of header.tensors) {
      if (tensors.has(tensor.name)) {
        throw mismatch(`the tensor ${tensor.name}`, 'in two pieces', 'each tensor in one');
      }
      tensors.set(tensor.name, { ...tensor, fileIndex });
    }
  });
  const total = first.metadata.get('split.tensors.count');
  if (total !== undefined && total !== tensors.size) {
    throw mismatch('the number of tensors', String(tensors.size), String(total));
  }
  const files = headers.map(({ dataOffset, fileSizeBytes }) => ({ dataOffset, sizeBytes: fileSizeBytes }));
  return { metadata: first.metadata, tensors, files };
}

function checkPiece({ metadata }: GgufHeader, index: number, fileCount: number): void {
  const count = metadata.get('split.count') ?? 1;
  if (count !== fileCount && !(count === 0 && fileCount === 1)) {
    throw mismatch(`the number of files, as piece ${index + 1} says`, String(count), String(fileCount));
  }
  const number = metadata.get('split.no') ?? 0;
  if (number !== index) throw mismatch(`split.no of piece ${index + 1}`, String(number), String(index));
}

/**
 * The names of all pieces of a model from the name or URL of one of them, in order; the name alone when it is not a piece's.
 * Throws `gguf-split` for more than 1000 pieces.
 */
export function splitNames(name: string): string[] {
  const match = PIECE_NAME.exec(name);
  if (!match) return [name];
  const number = Number(match[1]);
  const count = Number(match[2]);
  if (number < 1 || number > count) return [name];
  if (count > MAX_PIECES) throw mismatch('the number of pieces in the name', String(count), `at most ${MAX_PIECES}`);
  return Array.from({ length: count }, (_, index) =>
    name.replace(PIECE_NAME, `-${fiveDigits(index + 1)}-of-${fiveDigits(count)}.gguf`),
  );
}

function fiveDigits(number: number): string {
  return String(number).padStart(5, '0');
}

function mismatch(what: string, found: string, expected: string): AppError {
  return new AppError('gguf-split', { what, found, expected });
}
