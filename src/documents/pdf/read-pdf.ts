// PDF through pdf.js: page after page, from ranges of the file, so that memory does not grow with the number of pages.
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { AppError } from '#base/errors.ts';
import type { ReadProgress, ReadText, Section } from '../document.ts';
import { createCharacterCount, MAX_PAGES, type CountCharacters } from '../limits.ts';
import { loadPdfJs, type PdfJs } from './load-pdfjs.ts';
import { pageText, type PlacedText } from './page-text.ts';

export type ReadPdfOptions = {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ReadProgress) => void;
  readonly readCMap: (fileName: string) => Promise<Uint8Array | null>;
};

/** Bytes that pdf.js asks for at a time. */
const RANGE_BYTES = 1 << 18;

/**
 * The text of a PDF, one section a page. Throws `document-scanned` when no page has text, `document-protected`,
 * `document-damaged`, `document-too-large`, or the signal's reason, at the latest after the page that is being read.
 */
export async function readPdf(file: File, { signal, onProgress, readCMap }: ReadPdfOptions): Promise<ReadText> {
  const { name } = file;
  const pdfjs = await loadPdfJs();
  let fail: (error: AppError) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  failed.catch(() => undefined); // raced below, by one promise at a time
  let isGone = false;
  const onUnreadable = (error: unknown): void => {
    isGone = true;
    fail(new AppError('document-unreadable', { name, reason: String(error) }, { cause: error }));
  };
  // pdf.js would leave the text out, and the page would look like a picture.
  const onMapMissing = (map: string, error: unknown): void =>
    fail(new AppError('document-map-missing', { name, map, reason: String(error) }, { cause: error }));
  const task = pdfjs.getDocument({
    range: createRanges(pdfjs, file, onUnreadable),
    rangeChunkSize: RANGE_BYTES,
    disableAutoFetch: true,
    disableStream: true,
    disableFontFace: true,
    disableWorkerRendering: true,
    useSystemFonts: true, // no standard font is fetched: widths are built in, and nothing is drawn
    useWorkerFetch: false,
    useWasm: false,
    isOffscreenCanvasSupported: false,
    isImageDecoderSupported: false,
    BinaryDataFactory: createCMapReader(readCMap, onMapMissing),
    verbosity: 0,
  } as Parameters<PdfJs['getDocument']>[0]);
  try {
    const pdf = await Promise.race([task.promise.catch(documentError(name)), failed]);
    signal.throwIfAborted();
    return await Promise.race([readPages(pdf, { name, signal, onProgress }), failed]);
  } finally {
    // pdf.js waits for the range for ever, and ending that leaves rejections that nothing can catch.
    if (!isGone) await task.destroy();
  }
}

async function readPages(
  pdf: PDFDocumentProxy,
  { name, signal, onProgress }: Pick<ReadPdfOptions, 'signal' | 'onProgress'> & { name: string },
): Promise<ReadText> {
  const pageCount = pdf.numPages;
  if (pageCount > MAX_PAGES) {
    throw new AppError('document-too-large', { name, value: pageCount, unit: 'pages', limit: MAX_PAGES });
  }
  const count = createCharacterCount(name);
  const sections: Section[] = [];
  const empty: number[] = [];
  const damaged: number[] = [];
  let firstDamage: unknown = null;
  onProgress({ done: 0, total: pageCount });
  for (let page = 1; page <= pageCount; page++) {
    signal.throwIfAborted();
    try {
      const text = await readPage(await pdf.getPage(page), count);
      if (text === '') empty.push(page);
      else sections.push({ label: `page ${page}`, page, text });
    } catch (error) {
      if (error instanceof AppError) throw error;
      firstDamage ??= error;
      damaged.push(page);
    }
    onProgress({ done: page, total: pageCount });
  }
  if (sections.length === 0) {
    if (empty.length > 0) throw new AppError('document-scanned', { name, pageCount });
    const reason = firstDamage instanceof Error ? firstDamage.message : 'none of its pages could be read';
    throw new AppError('document-damaged', { name, kind: 'pdf', reason }, { cause: firstDamage });
  }
  return {
    sections,
    warnings: [
      ...(empty.length > 0 ? [{ type: 'pages-without-text' as const, pages: empty }] : []),
      ...(damaged.length > 0 ? [{ type: 'pages-damaged' as const, pages: damaged }] : []),
    ],
  };
}

async function readPage(page: PDFPageProxy, count: CountCharacters): Promise<string> {
  const reader = page.streamTextContent({ disableNormalization: true }).getReader();
  const pieces: PlacedText[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (const item of (value as { items: Iterable<TextItem> }).items) {
        count(item.str.length);
        const { str, dir, transform, width, height } = item;
        pieces.push({ text: str, direction: dir, transform, width, height });
      }
    }
  } catch (error) {
    await reader.cancel(error instanceof Error ? error : new Error(String(error))).catch(() => undefined);
    throw error;
  } finally {
    page.cleanup();
  }
  return pageText(pieces);
}

type TextItem = {
  str: string;
  dir: 'ltr' | 'rtl' | 'ttb';
  transform: number[];
  width: number;
  height: number;
};

/** pdf.js asks for ranges; a file answers them, so that the whole is never read at once. */
function createRanges(
  { PDFDataRangeTransport }: PdfJs,
  file: File,
  onUnreadable: (error: unknown) => void,
): InstanceType<PdfJs['PDFDataRangeTransport']> {
  class FileRanges extends PDFDataRangeTransport {
    override requestDataRange(begin: number, end: number): void {
      file
        .slice(begin, end)
        .arrayBuffer()
        .then((bytes) => this.onDataRange(begin, new Uint8Array(bytes)), onUnreadable);
    }
  }
  return new FileRanges(file.size, null);
}

/** pdf.js makes one of these and asks it for character maps, fonts and WebAssembly; only the first are given. */
function createCMapReader(readCMap: ReadPdfOptions['readCMap'], onMapMissing: (map: string, error: unknown) => void) {
  return class {
    async fetch({ kind, filename }: { kind: string; filename: string }): Promise<Uint8Array> {
      if (kind !== 'cMapUrl') throw new Error(`${kind} is not needed for text`);
      const bytes = await readCMap(filename).catch((error: unknown) => {
        onMapMissing(filename, error);
        throw error;
      });
      if (bytes === null) throw new Error(`no character map is called ${filename}`);
      return bytes;
    }
  };
}

const documentError =
  (name: string) =>
  (error: unknown): never => {
    const known = error instanceof Error ? error : new Error(String(error));
    if (known.name === 'PasswordException') throw new AppError('document-protected', { name, kind: 'pdf' });
    throw new AppError('document-damaged', { name, kind: 'pdf', reason: known.message }, { cause: known });
  };
