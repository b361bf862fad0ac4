// DOCX files written by hand: a ZIP of the few parts that make one.
import { crc32 } from '#documents/docx/zip.ts';

export type ZipPart = {
  readonly name: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
  /** What the headers claim in place of the truth. */
  readonly claimedSize?: number;
};

/** A ZIP file whose parts are deflated, as every office program writes them. */
export async function makeZip(parts: readonly ZipPart[]): Promise<Uint8Array<ArrayBuffer>> {
  const locals: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { name, content, claimedSize } of parts) {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const packed = await deflate(bytes);
    const title = new TextEncoder().encode(name);
    const header = (signature: number, size: number, at: number): Uint8Array<ArrayBuffer> => {
      const view = new DataView(new ArrayBuffer(size));
      view.setUint32(0, signature, true);
      view.setUint16(at + 4, 8, true); // deflate
      view.setUint32(at + 10, crc32(bytes), true);
      view.setUint32(at + 14, packed.length, true);
      view.setUint32(at + 18, claimedSize ?? bytes.length, true);
      view.setUint16(at + 22, title.length, true);
      if (size === 46) view.setUint32(42, offset, true);
      return new Uint8Array(view.buffer);
    };
    directory.push(header(0x02014b50, 46, 6), title);
    locals.push(header(0x04034b50, 30, 4), title, packed);
    offset += 30 + title.length + packed.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, parts.length, true);
  end.setUint16(10, parts.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, offset, true);
  return new Uint8Array(await new Blob([...locals, ...directory, end.buffer]).arrayBuffer());
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

/** The parts of a DOCX around the XML of its body, with styles, a bulleted list (1) and a numbered one (2), and footnotes. */
export function docxParts(body: string, { footnotes = '' } = {}): ZipPart[] {
  const style = (id: string, name: string): string =>
    `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/></w:style>`;
  const list = (id: number, format: string): string =>
    `<w:abstractNum w:abstractNumId="${id}">${[0, 1].map((level) => `<w:lvl w:ilvl="${level}"><w:numFmt w:val="${format}"/></w:lvl>`).join('')}</w:abstractNum>`;
  const type = (part: string): string =>
    `<Override PartName="/word/${part}.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.${part === 'document' ? 'document.main' : part}+xml"/>`;
  const parts = ['styles', 'numbering', 'footnotes'];
  return [
    {
      name: '[Content_Types].xml',
      content: `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>${['document', ...parts].map(type).join('')}</Types>`,
    },
    {
      name: '_rels/.rels',
      content: `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="r1" Type="${RELATIONSHIPS}/officeDocument" Target="word/document.xml"/></Relationships>`,
    },
    {
      name: 'word/_rels/document.xml.rels',
      content: `<Relationships xmlns="${PACKAGE}/relationships">${parts.map((part) => `<Relationship Id="${part}" Type="${RELATIONSHIPS}/${part}" Target="${part}.xml"/>`).join('')}</Relationships>`,
    },
    { name: 'word/document.xml', content: `<w:document ${W}><w:body>${body}</w:body></w:document>` },
    {
      name: 'word/styles.xml',
      content: `<w:styles ${W}>${style('Heading1', 'heading 1')}${style('Heading2', 'heading 2')}</w:styles>`,
    },
    {
      name: 'word/numbering.xml',
      content: `<w:numbering ${W}>${list(1, 'bullet')}${list(2, 'decimal')}${[1, 2].map((id) => `<w:num w:numId="${id}"><w:abstractNumId w:val="${id}"/></w:num>`).join('')}</w:numbering>`,
    },
    { name: 'word/footnotes.xml', content: `<w:footnotes ${W}>${footnotes}</w:footnotes>` },
  ];
}

export const paragraph = (text: string, properties = ''): string =>
  `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
export const heading = (text: string, level = 1): string => paragraph(text, `<w:pStyle w:val="Heading${level}"/>`);
export const item = (text: string, list: 1 | 2, level = 0): string =>
  paragraph(text, `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${list}"/></w:numPr>`);
export const table = (rows: readonly (readonly string[])[]): string =>
  `<w:tbl>${rows.map((cells) => `<w:tr>${cells.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join('')}</w:tr>`).join('')}</w:tbl>`;
export const withFootnote = (text: string, id: number): string =>
  `<w:p><w:r><w:t>${text}</w:t></w:r><w:r><w:footnoteReference w:id="${id}"/></w:r></w:p>`;
export const footnote = (text: string, id: number): string =>
  `<w:footnote w:id="${id}">${paragraph(text)}</w:footnote>`;

/** A DOCX file of this body. */
export async function docxFile(body: string, { footnotes = '', name = 'test.docx' } = {}): Promise<File> {
  return new File([await makeZip(docxParts(body, { footnotes }))], name);
}
