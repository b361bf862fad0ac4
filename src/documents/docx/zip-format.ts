import { AppError } from '#base/errors.ts';
import { readZipDirectory, ZipError, type ZipEntry } from './zip.ts';

/** Which document a ZIP file is. Throws `document-unsupported` for all but DOCX, `document-damaged` for a DOCX that is cut. */
export async function zipFormat(file: File): Promise<'docx'> {
  const { name } = file;
  const entries = await directoryOf(file);
  const has = (pattern: RegExp): boolean => entries.some((entry) => pattern.test(entry.name));
  if (has(/^\[Content_Types\]\.xml$/) && has(/^word\/[^/]+\.xml$/)) return 'docx';
  const unsupported = (found: string): AppError => new AppError('document-unsupported', { name, found });
  if (has(/^xl\/workbook\./)) throw unsupported('spreadsheet');
  if (has(/^ppt\/presentation\./)) throw unsupported('presentation');
  if (has(/^META-INF\/container\.xml$/)) throw unsupported('book');
  if (has(/^content\.xml$/) && has(/^META-INF\/manifest\.xml$/)) throw unsupported('open-document');
  throw unsupported('archive');
}

async function directoryOf(file: File): Promise<ZipEntry[]> {
  const { name } = file;
  try {
    return await readZipDirectory(file);
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    const start = new TextDecoder('latin1').decode(await file.slice(0, 4096).arrayBuffer());
    const isDocx = /\.docx$/i.test(name) || /^.{30}(?:\[Content_Types\]\.xml|word\/)/s.test(start);
    if (!isDocx) throw new AppError('document-unsupported', { name, found: 'archive' }, { cause: error });
    throw new AppError('document-damaged', { name, kind: 'docx', reason: error.message }, { cause: error });
  }
}
