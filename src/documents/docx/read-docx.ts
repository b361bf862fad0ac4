// DOCX by way of mammoth's HTML. mammoth unpacks whatever it is given, so it gets a new ZIP file of the parts with text
// alone, which were inflated here under a limit: neither pictures nor a bomb ever reach it.
import mammoth from 'mammoth';
import { AppError } from '#base/errors.ts';
import type { ReadText } from '../document.ts';
import { createCharacterCount } from '../limits.ts';
import { readHtml } from '../text/html.ts';
import { readZipDirectory, readZipEntry, writeZip, ZipError } from './zip.ts';

/** 64 MB of XML, some 5 million characters as Word writes them. mammoth took 0.5 GB and 5 s for 16 MB of it (Node 20, x64). */
const MAX_XML_BYTES = 64_000_000;

/** Parts that hold no text, or none of the document's own. */
const OTHER_PARTS =
  /(?:^|\/)(?:theme|customXml|docProps|glossary|media|mammoth)\/|(?:fontTable|webSettings|settings)\.xml$/;

/** The text of a DOCX: sections by heading, lists, tables, and footnotes as a section of their own. */
export async function readDocx(file: File, { signal }: { signal: AbortSignal }): Promise<ReadText> {
  const { name } = file;
  const arrayBuffer = await textParts(file, signal);
  signal.throwIfAborted();
  // mammoth wants `arrayBuffer` in a browser and `buffer` in Node, and takes the same bytes for both.
  const input = { arrayBuffer, buffer: arrayBuffer };
  const { value } = await mammoth.convertToHtml(input as { arrayBuffer: ArrayBuffer }, {
    includeEmbeddedStyleMap: false,
    externalFileAccess: false,
    convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })),
  });
  signal.throwIfAborted();
  const count = createCharacterCount(name);
  const notesAt = value.search(/<ol><li id="(?:foot|end)note-/);
  const [body, notes] = notesAt < 0 ? [value, ''] : [value.slice(0, notesAt), value.slice(notesAt)];
  const { sections } = readHtml(body, count);
  const noteSections = readHtml(notes.replace(/<a href="#(?:foot|end)note-ref-[^"]*">↑<\/a>/g, ''), count).sections;
  return { sections: [...sections, ...noteSections.map((one) => ({ ...one, label: 'notes' }))], warnings: [] };
}

async function textParts(file: File, signal: AbortSignal): Promise<ArrayBuffer> {
  const { name } = file;
  try {
    const entries = (await readZipDirectory(file)).filter(
      (entry) => /\.(?:xml|rels)$/.test(entry.name) && !OTHER_PARTS.test(entry.name),
    );
    const parts = new Map<string, Uint8Array>();
    const budget = { leftBytes: MAX_XML_BYTES, limitBytes: MAX_XML_BYTES };
    for (const entry of entries) {
      if (entry.isEncrypted) throw new AppError('document-protected', { name, kind: 'docx' });
      if (parts.has(entry.name)) continue;
      parts.set(entry.name, await readZipEntry(file, entry, { budget, signal }));
    }
    return writeZip([...parts].map(([part, bytes]) => ({ name: part, bytes })));
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new AppError('document-damaged', { name, kind: 'docx', reason: error.message }, { cause: error });
  }
}
