import { AppError, isAppError } from '#base/errors.ts';
import type { DocumentKind, ReadProgress, ReadText, SourceDocument } from './document.ts';
import { detectFormat } from './detect-format.ts';
import { languageOf } from './language.ts';
import { checkFileSize, createCharacterCount, MAX_FILE_BYTES, MAX_TEXT_BYTES } from './limits.ts';
import { readCsv } from './text/csv.ts';
import { decodeText } from './text/decode-text.ts';
import { readHtml } from './text/html.ts';
import { readMarkdown } from './text/markdown.ts';

export type ParseOptions = {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ReadProgress) => void;
  /** Bytes of a packed character map, such as `UniKS-UCS2-H.bcmap`; null when none is called so. */
  readonly readCMap: (fileName: string) => Promise<Uint8Array | null>;
};

/** Reads the text of a file on this thread. Throws an AppError with a `document-…` code, or the signal's reason. */
export async function parseFile(file: File, options: ParseOptions): Promise<SourceDocument> {
  const { name } = file;
  const { signal, onProgress } = options;
  signal.throwIfAborted();
  if (file.size === 0) throw new AppError('document-empty', { name });
  checkFileSize(file, MAX_FILE_BYTES);
  const format = await detectFormat(file);
  const read = format === 'pdf' || format === 'docx' ? readPacked(file, format, options) : readPlain(file, format);
  const { sections, warnings, language } = await read;
  signal.throwIfAborted();
  const kept = sections.filter(({ text }) => /\S/.test(text));
  if (kept.length === 0) throw new AppError('document-no-text', { name });
  if (format !== 'pdf') onProgress({ done: 1, total: 1 });
  return {
    name,
    kind: format,
    ...languageOf(kept, language ?? null),
    sections: kept,
    characterCount: kept.reduce((sum, { text }) => sum + text.length, 0),
    warnings,
  };
}

/** PDF and DOCX need libraries, which are fetched when such a file comes. */
async function readPacked(file: File, format: 'pdf' | 'docx', options: ParseOptions): Promise<ReadText> {
  try {
    if (format === 'pdf') return await (await import('./pdf/read-pdf.ts')).readPdf(file, options);
    return await (await import('./docx/read-docx.ts')).readDocx(file, options);
  } catch (error) {
    if (isAppError(error) || options.signal.aborted) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new AppError('document-damaged', { name: file.name, kind: format, reason }, { cause: error });
  }
}

async function readPlain(file: File, kind: Exclude<DocumentKind, 'pdf' | 'docx'>): Promise<ReadText> {
  checkFileSize(file, MAX_TEXT_BYTES);
  const { text, warnings } = decodeText(await readBytes(file), kind === 'html');
  const count = createCharacterCount(file.name);
  switch (kind) {
    case 'html': {
      const { sections, language } = readHtml(text, count);
      return { sections, language, warnings };
    }
    case 'csv': {
      const { sections, warnings: more } = readCsv(text, { name: file.name, count });
      return { sections, warnings: [...warnings, ...more] };
    }
    case 'markdown':
      count(text.length);
      return { sections: readMarkdown(text), warnings };
    case 'text':
    case 'code':
      count(text.length);
      return { sections: [{ label: '', page: null, text }], warnings };
    default:
      return kind satisfies never;
  }
}

/** All bytes of a file; throws `document-unreadable` when it was moved or changed since it was chosen. */
async function readBytes(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new AppError('document-unreadable', { name: file.name, reason: String(error) }, { cause: error });
  }
}
