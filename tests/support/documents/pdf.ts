// PDFs written by hand: a reader of the tests can see every object.

export type PdfOptions = {
  /** One content stream a page. */
  readonly pages: readonly string[];
  /** Font dictionaries by resource name; the rest of what they point to comes from `objects`. */
  readonly fonts?: Readonly<Record<string, string>>;
  /** Further resources of every page, such as `/XObject << /Im 3 0 R >>`. */
  readonly resources?: string;
  /** Further objects, numbered from 3 on in this order. */
  readonly objects?: readonly (string | PdfStream)[];
  /** Encrypts the bytes of streams, given the number of their object, and says so in the trailer. */
  readonly encryption?: { readonly trailer: string; encrypt(bytes: Uint8Array, object: number): Uint8Array };
  /** What the page tree claims; by default what is true. */
  readonly pageCount?: number;
  readonly pageEntries?: string;
};
export type PdfStream = { readonly dictionary: string; readonly bytes: Uint8Array };

export const HELVETICA = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>';

/** The bytes of a PDF 1.4: 1 is the catalog, 2 the page tree, then `objects`, then page and content in turn. */
export function makePdf({
  pages,
  fonts = { F1: HELVETICA },
  resources = '',
  objects = [],
  encryption,
  pageCount,
  pageEntries = '',
}: PdfOptions): Uint8Array<ArrayBuffer> {
  const firstPage = 3 + objects.length;
  const fontEntries = Object.entries(fonts).map(([name, body]) => `/${name} ${body}`);
  const all: (string | PdfStream)[] = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pageCount ?? pages.length} /Kids [${pages.map((_, i) => `${firstPage + 2 * i} 0 R`).join(' ')}] >>`,
    ...objects,
    ...pages.flatMap((content, i) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${firstPage + 2 * i + 1} 0 R ${pageEntries} ` +
        `/Resources << /Font << ${fontEntries.join(' ')} >> ${resources} >> >>`,
      { dictionary: '', bytes: latin1(content) },
    ]),
  ];
  const parts: Uint8Array[] = [latin1('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n')];
  let size = parts[0]!.length;
  const offsets: number[] = [];
  const write = (part: Uint8Array): void => {
    parts.push(part);
    size += part.length;
  };
  all.forEach((object, index) => {
    offsets.push(size);
    write(latin1(`${index + 1} 0 obj\n`));
    if (typeof object === 'string') write(latin1(object));
    else {
      const bytes = encryption ? encryption.encrypt(object.bytes, index + 1) : object.bytes;
      write(latin1(`<< ${object.dictionary} /Length ${bytes.length} >>\nstream\n`));
      write(bytes);
      write(latin1('\nendstream'));
    }
    write(latin1('\nendobj\n'));
  });
  const startAt = size;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`);
  write(latin1(`xref\n0 ${all.length + 1}\n0000000000 65535 f \n${rows.join('')}`));
  write(latin1(`trailer\n<< /Size ${all.length + 1} /Root 1 0 R ${encryption?.trailer ?? ''} >>\n`));
  write(latin1(`startxref\n${startAt}\n%%EOF\n`));
  const pdf = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    pdf.set(part, at);
    at += part.length;
  }
  return pdf;
}

export const latin1 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (unit) => unit.charCodeAt(0));

/** Shows each line below the one before; `show` writes the operand of Tj. */
export function textLines(
  lines: readonly string[],
  { font = 'F1', size = 12, x = 72, y = 720, leading = 14, show = literal } = {},
): string {
  return `BT /${font} ${size} Tf ${leading} TL ${x} ${y} Td\n${lines.map((line) => `${show(line)} Tj T*`).join('\n')}\nET\n`;
}

export const literal = (text: string): string => `(${text.replace(/[\\()]/g, '\\$&')})`;
export const hex = (bytes: Iterable<number>): string =>
  `<${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}>`;

/**
 * A font of glyphs that only a ToUnicode map explains, as most programs write them: two bytes a glyph. `objects` go into the PDF
 * from `firstObject` on; `show` takes the glyphs in the order in which they are drawn, each with the text it stands for.
 */
export function unicodeFont(firstObject: number) {
  const glyphs: string[] = [];
  const idOf = (text: string): number => {
    if (!glyphs.includes(text)) glyphs.push(text);
    return glyphs.indexOf(text) + 1;
  };
  const u16 = (text: string): string =>
    [...Array(text.length).keys()].map((i) => text.charCodeAt(i).toString(16).padStart(4, '0')).join('');
  return {
    font: `<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+Test /Encoding /Identity-H /DescendantFonts [${firstObject} 0 R] /ToUnicode ${firstObject + 1} 0 R >>`,
    show: (drawn: readonly string[]): string =>
      `<${drawn.map((glyph) => idOf(glyph).toString(16).padStart(4, '0')).join('')}>`,
    /** Ask when everything was shown. */
    objects: (): (string | PdfStream)[] => [
      '<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Test /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 500 /CIDToGIDMap /Identity >>',
      {
        dictionary: '',
        bytes: latin1(
          '/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def /CMapType 2 def\n' +
            '1 begincodespacerange <0000> <ffff> endcodespacerange\n' +
            `${glyphs.length} beginbfchar\n` +
            glyphs.map((text, i) => `<${(i + 1).toString(16).padStart(4, '0')}> <${u16(text)}>`).join('\n') +
            '\nendbfchar endcmap end end',
        ),
      },
    ],
  };
}

/** A font of one of Adobe's character collections without an embedded font file: its text is known by character maps alone. */
export const collectionFont = (encoding: string, ordering: string): string =>
  `<< /Type /Font /Subtype /Type0 /BaseFont /Test-${ordering} /Encoding /${encoding} /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 ` +
  `/BaseFont /Test-${ordering} /CIDSystemInfo << /Registry (Adobe) /Ordering (${ordering}) /Supplement 1 >> /DW 1000 >>] >>`;

export const pdfFile = (bytes: Uint8Array<ArrayBuffer>, name = 'test.pdf'): File => new File([bytes], name);
