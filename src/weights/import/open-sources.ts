import { AppError } from '#base/errors.ts';
import { splitNames } from '#formats/gguf/split.ts';
import { openFileSource } from '#weights/source/blob-source.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import { joinSources } from '#weights/source/joined-source.ts';
import { openMirroredSource, type MirroredFile } from '#weights/source/mirrored-source.ts';
import { openUrlSource, type UrlSourceOptions } from '#weights/source/url-source.ts';

/** A file a host took only in parts: their addresses in order, and what the whole would be called. */
export type CutUrl = { readonly url: string; readonly parts: readonly string[] };

/** Where one file lies. */
export type Piece = string | CutUrl | MirroredFile;

/** One GGUF, or all pieces of a split one in any order; of a split one by URL, any single piece will do. */
export type GgufSource =
  | {
      readonly kind: 'urls';
      readonly urls: readonly Piece[];
      /** What all of it must have when it is stored (content-hash.ts); anything where it is not given. */
      readonly contentHash?: string | null;
    }
  | { readonly kind: 'files'; readonly files: readonly File[] };

/** What an import is made from: a GGUF, or a folder that `exportModel` wrote. */
export type ImportSource = GgufSource | { readonly kind: 'folder'; readonly files: readonly File[] };

/** The addresses of all pieces, in order. */
export function pieceUrls(urls: readonly Piece[]): Piece[] {
  const [first] = urls;
  if (urls.length !== 1 || first === undefined) return inOrder(urls, (piece) => addressesOf(piece)[0]!);
  if (typeof first === 'string') return splitNames(first);
  return 'urls' in first ? mirrorsOfAllPieces(first) : [first];
}

/** Whether a model with these locators was read from here, whichever mirrors that took. */
export function isFrom(source: ImportSource, locators: readonly string[]): boolean {
  if (source.kind !== 'urls' || source.urls.length === 0) return false;
  const pieces = pieceUrls(source.urls).map(addressesOf);
  return (
    pieces.length === locators.length && locators.every((locator, index) => pieces[index]!.some(isAddress(locator)))
  );
}

const isAddress = (locator: string) => (url: string) =>
  url === locator || (URL.canParse(url) && new URL(url).href === locator);

/** Every address that a piece may be recorded under. */
function addressesOf(piece: Piece): readonly string[] {
  if (typeof piece === 'string') return [piece];
  return 'urls' in piece ? piece.urls : [piece.url];
}

/** A mirrored file that is one piece of a split model stands for all of them; only its own size and hash are known. */
function mirrorsOfAllPieces(file: MirroredFile): MirroredFile[] {
  const names = file.urls.map((url) => splitNames(url));
  const count = names[0]?.length ?? 0;
  if (count <= 1 || names.some(({ length }) => length !== count)) return [file];
  return names[0]!.map((name, index) => {
    const urls = names.map((pieces) => pieces[index]!);
    return name === file.urls[0] ? { ...file, urls } : { urls, sizeBytes: null };
  });
}

async function openPiece(piece: Piece, options: UrlSourceOptions): Promise<ByteSource> {
  if (typeof piece === 'string') return openUrlSource(piece, options);
  if ('urls' in piece) return openMirroredSource(piece, options);
  const parts = await openAll(piece.parts, options);
  return joinSources(parts, piece.url.replace(/^.*\//, ''), piece.url);
}

/** Opens every piece, in order. Closes what it opened when one cannot be had. */
export async function openSources(source: GgufSource, options: UrlSourceOptions): Promise<ByteSource[]> {
  if (source.kind === 'files') return filesInOrder(source.files).map(openFileSource);
  if (source.urls.length === 0) throw new AppError('import-files', { reason: 'there is none' });
  return openAll(pieceUrls(source.urls), options);
}

async function openAll(pieces: readonly Piece[], options: UrlSourceOptions): Promise<ByteSource[]> {
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
