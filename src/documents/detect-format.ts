// What a file is: its bytes decide, its name only says which kind of text a text is.
import { AppError } from '#base/errors.ts';
import type { DocumentKind } from './document.ts';
import { zipFormat } from './docx/zip-format.ts';

/** Bytes looked at: the header of a PDF may stand anywhere in the first 1024; the rest tells text from binary. */
const HEAD_BYTES = 65_536;

/** Files that are known and not read, by their first bytes in hexadecimal. */
const SIGNATURES: readonly (readonly [hex: string, found: string])[] = [
  ['89504e47', 'image'],
  ['ffd8ff', 'image'],
  ['47494638', 'image'],
  ['49492a00', 'image'],
  ['4d4d002a', 'image'],
  ['52494646', 'media'], // WebP, WAV and AVI
  ['494433', 'media'],
  ['4f676753', 'media'],
  ['1a45dfa3', 'media'],
  ['1f8b', 'archive'],
  ['377abcaf271c', 'archive'],
  ['526172211a07', 'archive'],
  ['fd377a585a00', 'archive'],
  ['28b52ffd', 'archive'],
  ['47475546', 'model'],
  ['7b5c727466', 'rich-text'],
];

const CODE =
  /\.(?:[cm]?[jt]sx?|svelte|vue|py|pyi|ipynb|rb|php|java|kt|kts|scala|groovy|c|h|cc|cpp|cxx|hpp|hh|m|mm|cs|fs|go|rs|swift|dart|lua|pl|pm|r|jl|hs|ml|ex|exs|erl|clj|lisp|el|sh|bash|zsh|fish|ps1|bat|sql|css|scss|sass|less|json|jsonc|jsonl|ya?ml|toml|ini|cfg|conf|xml|xsd|xsl|svg|tex|bib|wgsl|glsl|hlsl|wat|asm|s|v|vhd|proto|graphql|gradle|cmake|mk|diff|patch|tf|nix|zig|sol)$/i;

/** Throws `document-unsupported`, `document-old-word`, `document-protected` or `document-binary` for what is not read. */
export async function detectFormat(file: File): Promise<DocumentKind> {
  const { name } = file;
  const head = await readHead(file);
  const ascii = latin1(head.subarray(0, 1024));
  if (/^(?:\xef\xbb\xbf)?\s*%PDF-/.test(ascii)) return 'pdf';
  if (ascii.startsWith('PK\x03\x04') || ascii.startsWith('PK\x05\x06')) return zipFormat(file);
  const hex = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (hex === 'd0cf11e0a1b11ae1') throw await oldOfficeError(file);
  const known = SIGNATURES.find(([start]) => hex.startsWith(start));
  if (known) throw new AppError('document-unsupported', { name, found: known[1] });
  if (ascii.slice(4, 8) === 'ftyp') throw new AppError('document-unsupported', { name, found: 'media' });
  const binaryAt = findBinary(head, head.length < file.size);
  // Some programs write a few bytes of their own before the header of a PDF.
  if (ascii.includes('%PDF-') && (binaryAt !== null || /\.pdf$/i.test(name))) return 'pdf';
  if (binaryAt !== null) throw new AppError('document-binary', { name, at: binaryAt });
  return textKind(name, head);
}

async function readHead(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  } catch (error) {
    throw new AppError('document-unreadable', { name: file.name, reason: String(error) }, { cause: error });
  }
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** An OLE container: Office before 2007, or a newer document under a password. Its directory names what is inside, in UTF-16. */
async function oldOfficeError(file: File): Promise<AppError> {
  const { name } = file;
  const EDGE = 8_000_000; // the directory lies near the beginning or, in files that were saved often, near the end
  const parts = [file.slice(0, EDGE), file.slice(Math.max(EDGE, file.size - EDGE))];
  const has = async (word: string): Promise<boolean> => {
    for (const part of parts) {
      const bytes = new TextDecoder('latin1').decode(await part.arrayBuffer());
      if (bytes.includes([...word].map((letter) => `${letter}\0`).join(''))) return true;
    }
    return false;
  };
  if (await has('EncryptedPackage')) return new AppError('document-protected', { name, kind: 'docx' });
  if (await has('WordDocument')) return new AppError('document-old-word', { name });
  if (await has('Workbook')) return new AppError('document-unsupported', { name, found: 'spreadsheet' });
  if (await has('PowerPoint Document')) return new AppError('document-unsupported', { name, found: 'presentation' });
  return new AppError('document-unsupported', { name, found: 'archive' });
}

/** Where the bytes stop being text; null for text. `isCut` says that the file goes on, perhaps in the middle of a character. */
function findBinary(head: Uint8Array, isCut: boolean): number | null {
  const [a, b, c, d] = head;
  const isUtf16 = (a === 0xff && b === 0xfe && !(c === 0 && d === 0)) || (a === 0xfe && b === 0xff);
  if (isUtf16) return null;
  const zeroAt = head.indexOf(0);
  if (zeroAt >= 0) return zeroAt;
  const isControl = (byte: number) =>
    byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27;
  const controls = head.reduce((count, byte) => count + (isControl(byte) ? 1 : 0), 0);
  if (controls === 0) return null;
  // Old text files end in a control character or hold one here and there; compressed bytes are full of them.
  const isUtf8 = canDecode(head, isCut);
  return controls > head.length * (isUtf8 ? 0.02 : 0.002) ? head.findIndex(isControl) : null;
}

function canDecode(bytes: Uint8Array, isCut: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut });
    return true;
  } catch {
    return false; // not UTF-8, which is all that is asked
  }
}

function textKind(name: string, head: Uint8Array): DocumentKind {
  const isUtf16 = head[0] === 0xff || head[0] === 0xfe;
  const start = isUtf16 ? new TextDecoder(head[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(head) : latin1Head(head);
  if (!CODE.test(name) && beginsAsHtml(start)) return 'html';
  if (/\.(?:html?|xhtml)$/i.test(name)) return 'html';
  if (/\.(?:md|markdown|mdown|mkd|qmd|rmd)$/i.test(name)) return 'markdown';
  if (/\.(?:csv|tsv|tab)$/i.test(name)) return 'csv';
  if (CODE.test(name) || /^(?:makefile|dockerfile)$/i.test(name) || start.startsWith('#!')) return 'code';
  return 'text';
}

const latin1Head = (head: Uint8Array): string => latin1(head.subarray(0, 4096)).replace(/^\xef\xbb\xbf/, '');

function beginsAsHtml(start: string): boolean {
  let rest = start.trimStart();
  if (rest.startsWith('<?xml')) rest = rest.slice(Math.max(0, rest.indexOf('>') + 1)).trimStart();
  while (rest.startsWith('<!--')) {
    const end = rest.indexOf('-->');
    if (end < 0) return false;
    rest = rest.slice(end + 3).trimStart();
  }
  return /^<(?:!doctype\s+html|html|head|body)[\s>]/i.test(rest);
}
