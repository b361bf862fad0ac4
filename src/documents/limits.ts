import { AppError } from '#base/errors.ts';

/** 200 MB: a book of scans with a text layer; a PDF is read in ranges, so that this much is never held twice. */
export const MAX_FILE_BYTES = 200_000_000;

/** 10 million UTF-16 units: four times the Bible. It crosses threads as one message of 20 MB. */
export const MAX_CHARACTERS = 10_000_000;

/** 64 MB: a text, table or HTML file is decoded as a whole; more bytes than this hold more text than is read anyway. */
export const MAX_TEXT_BYTES = 64_000_000;

/** A page tree can claim any count. */
export const MAX_PAGES = 20_000;

export type CountCharacters = (count: number) => void;

/** Adds up the text that was read; throws `document-too-large` beyond the limit, before more is made. */
export function createCharacterCount(name: string, limit = MAX_CHARACTERS): CountCharacters {
  let total = 0;
  return (count) => {
    total += count;
    if (total > limit) throw new AppError('document-too-large', { name, value: total, unit: 'characters', limit });
  };
}

/** Throws `document-too-large` when the file has more bytes than the limit. */
export function checkFileSize(file: { name: string; size: number }, limit: number): void {
  if (file.size > limit) {
    throw new AppError('document-too-large', { name: file.name, value: file.size, unit: 'bytes', limit });
  }
}
