import { AppError } from '#base/errors.ts';
import { splitNames } from '#formats/gguf/split.ts';
import { openFileSource } from '#weights/source/blob-source.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import { joinSources } from '#weights/source/joined-source.ts';
import { openUrlSource, type UrlSourceOptions } from '#weights/source/url-source.ts';

/** A file a host took only in parts: their addresses in order, and what the whole would be called. */
export type CutUrl = { readonly url: string; readonly parts: readonly string[] };

/** One GGUF, or all pieces of a split one in any order; of a split one by URL, any single piece will do. */
export type ImportSource =
  | { readonly kind: 'urls'; readonly urls: readonly (string | CutUrl)[] }
  | { readonly kind: 'files'; readonly files: readonly File[] };

/** The addresses of all pieces, in order. */
export function pieceUrls(urls: readonly (string | CutUrl)[]): (string | CutUrl)[] {
  const [first] = urls;
  if (urls.length === 1 && typeof first === 'string') return splitNames(first);
  return inOrder(urls, (piece) => (typeof piece === 'string' ? piece : piece.url));
}

async function openPiece(piece: string | CutUrl, options: UrlSourceOptions): Promise<ByteSource> {
  if (typeof piece === 'string') return openUrlSource(piece, options);
  const parts = await openAll(piece.parts, options);
  return joinSources(parts, piece.url.replace(/^.*\//, ''), piece.url);
}

/** Opens every piece, in order. Closes what it opened when one cannot be had. */
export async function openSources(source: ImportSource, options: UrlSourceOptions): Promise<ByteSource[]> {
  if (source.kind === 'files') return filesInOrder(source.files).map(openFileSource);
  if (source.urls.length === 0) throw new AppError('import-files', { reason: 'there is none' });
  return openAll(pieceUrls(source.urls), options);
}

async function openAll(pieces: readonly (string | CutUrl)[], options: UrlSourceOptions): Promise<ByteSource[]> {
  const opened = await Promise.allSettled(pieces.map((piece) => openPiece(piece, options)));
  const failure = opened.find((result) => result.status === 'rejected');
  if (!failure) return opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const result of opened) if (result.status === 'fulfilled') result.value.close();
  throw failure.reason;
}

function filesInOrder(files: readonly File[]): File[] {
  const [first] = files;
  if (!first) throw new AppError('import-files', { reason: 'there is none' });
  const names = splitNames(first.name);
  if (names.length !== files.length) {
    const reason = `${first.name} is one of ${names.length} files, and ${files.length} were chosen`;
    throw new AppError('import-files', { reason });
  }
  return inOrder(files, ({ name }) => name);
}

/** Sorted as the first one's name says; unchanged where names say nothing. */
function inOrder<T>(pieces: readonly T[], nameOf: (piece: T) => string): T[] {
  const names = splitNames(nameOf(pieces[0]!));
  if (names.length !== pieces.length || names.length === 1) return [...pieces];
  return names.map((name) => {
    const piece = pieces.find((one) => nameOf(one) === name);
    if (piece === undefined) throw new AppError('import-files', { reason: `${name} is missing` });
    return piece;
  });
}
