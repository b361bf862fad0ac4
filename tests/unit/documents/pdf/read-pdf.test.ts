import { expect, test } from 'vitest';
import { encryption } from '#tests/support/documents/encrypt-pdf.ts';
import { parse } from '#tests/support/documents/parse.ts';
import {
  collectionFont,
  HELVETICA,
  hex,
  latin1,
  makePdf,
  pdfFile,
  textLines,
  unicodeFont,
} from '#tests/support/documents/pdf.ts';

const textsOf = async (bytes: Uint8Array<ArrayBuffer>, cmaps: string[] = []): Promise<string[]> =>
  (await parse(pdfFile(bytes), { cmaps })).sections.map(({ text }) => text);

test('reads pages with their numbers, lines and paragraphs, and says how far it is', async () => {
  const first = textLines(['A heading'], { size: 20, y: 740 }) + textLines(['One line', 'and its next.']);
  const second = textLines(['Second \\ (page)', 'goes on'], { y: 700 }) + textLines(['Apart.'], { y: 600 });
  const progress: unknown[] = [];
  const document = await parse(pdfFile(makePdf({ pages: [first, second] }), 'report.pdf'), {
    onProgress: (one) => progress.push(one),
  });
  expect(document).toEqual({
    name: 'report.pdf',
    kind: 'pdf',
    language: null,
    direction: 'ltr',
    sections: [
      { label: 'page 1', page: 1, text: 'A heading\n\nOne line\nand its next.' },
      { label: 'page 2', page: 2, text: 'Second \\ (page)\ngoes on\n\nApart.' },
    ],
    characterCount: 34 + 30,
    warnings: [],
  });
  expect(structuredClone(document)).toEqual(document);
  expect(progress).toEqual([
    { done: 0, total: 2 },
    { done: 1, total: 2 },
    { done: 2, total: 2 },
  ]);
});

test('joins divided words, resolves ligatures, and keeps a hyphen that is the word’s own', async () => {
  const font = unicodeFont(3);
  const lines = ['the exam-', 'ple of a \ufb01ne', 'draw\ufb00 in Berlin-', 'Mitte'];
  const pages = [`BT /F1 12 Tf 14 TL 72 700 Td ${lines.map((line) => `${font.show([...line])} Tj T*`).join(' ')} ET`];
  const pdf = makePdf({ pages, fonts: { F1: font.font }, objects: font.objects() });
  expect(await textsOf(pdf)).toEqual(['the example of a fine\ndrawff in Berlin-\nMitte']);
});

test('reads Arabic in logical order, drawn as one run, word by word, and with figures and Latin in it', async () => {
  const font = unicodeFont(3);
  const visual = (text: string): string[] => [...text].reverse();
  // لا is one glyph that stands for two letters.
  const glyphs = ['ا', 'ل', 'س', 'لا', 'م', ' ', 'ع', 'ل', 'ي', 'ك', 'م'];
  const oneRun = `BT /F1 12 Tf 300 720 Td ${font.show(glyphs.toReversed())} Tj ET`;
  const forms = [
    '\ufe8d',
    '\ufedf',
    '\ufeb4',
    '\ufefc',
    '\ufee1',
    ' ',
    '\ufecb',
    '\ufee0',
    '\ufef4',
    '\ufedc',
    '\ufee2',
  ];
  const drawnForms = `BT /F1 12 Tf 300 680 Td ${font.show(forms.toReversed())} Tj ET`;
  const words = `BT /F1 12 Tf 400 660 Td ${font.show(visual('اللغة'))} Tj -48 0 Td ${font.show(visual('العربية'))} Tj -48 0 Td ${font.show(visual('جميلة'))} Tj ET`;
  const mixed = `BT /F1 12 Tf 200 620 Td ${font.show(['S', 'o', 'l', 'a', 'r', ' ', '1', '0', ' ', ...visual('نموذج كبير')])} Tj ET`;
  const pdf = makePdf({
    pages: [oneRun + drawnForms + words + mixed],
    fonts: { F1: font.font },
    objects: font.objects(),
  });
  const document = await parse(pdfFile(pdf));
  expect(document).toMatchObject({ language: 'ar', direction: 'rtl' });
  expect(document.sections[0]!.text.split(/\n+/)).toEqual([
    'السلام عليكم',
    'السلام عليكم',
    'اللغة العربية جميلة',
    'نموذج كبير Solar 10',
  ]);
});

test.each([
  ['UniKS-UCS2-H', 'Korea1', '한국어 문서', (text: string) => utf16(text)],
  ['KSCms-UHC-H', 'Korea1', '한국', () => [0xc7, 0xd1, 0xb1, 0xb9]],
  ['UniGB-UCS2-H', 'GB1', '中文文档', (text: string) => utf16(text)],
  ['GBK-EUC-H', 'GB1', '中文', () => [0xd6, 0xd0, 0xce, 0xc4]],
  ['UniJIS-UCS2-H', 'Japan1', '日本語の', (text: string) => utf16(text)],
  ['90ms-RKSJ-H', 'Japan1', '日本', () => [0x93, 0xfa, 0x96, 0x7b]],
  ['ETen-B5-H', 'CNS1', '中文', () => [0xa4, 0xa4, 0xa4, 0xe5]],
] as const)('reads text that only the character map %s explains', async (encoding, ordering, text, bytes) => {
  const pages = [`BT /F1 12 Tf 72 700 Td ${hex(bytes(text))} Tj ET`];
  const cmaps: string[] = [];
  expect(await textsOf(makePdf({ pages, fonts: { F1: collectionFont(encoding, ordering) } }), cmaps)).toEqual([text]);
  expect(cmaps.length).toBeGreaterThan(0);
});

test('says that a character map could not be fetched, and takes an unknown one for a mistake of the file', async () => {
  const korean = (encoding: string): File =>
    pdfFile(
      makePdf({
        pages: [`BT /F1 12 Tf 72 700 Td <d55c> Tj ET` + textLines(['Words'], { font: 'F2' })],
        fonts: { F1: collectionFont(encoding, 'Korea1'), F2: HELVETICA },
      }),
    );
  const readCMap = () => Promise.reject(new TypeError('Failed to fetch'));
  await expect(parse(korean('UniKS-UCS2-H'), { readCMap })).rejects.toMatchObject({
    code: 'document-map-missing',
    details: { map: 'UniKS-UCS2-H.bcmap' },
  });
  const { sections } = await parse(korean('No-Such-Map'), { readCMap: () => Promise.resolve(null) });
  expect(sections.map(({ text }) => text)).toEqual(['Words']);
});

const utf16 = (text: string): number[] =>
  [...Array(text.length).keys()].flatMap((i) => [text.charCodeAt(i) >> 8, text.charCodeAt(i) & 255]);

test('reads a table row by row though it is drawn column by column, and two columns one after the other', async () => {
  const rows = [...Array(8).keys()];
  const cell = (column: number, row: number): string =>
    `BT /F1 12 Tf ${72 + 150 * column} ${700 - 20 * row} Td (c${column}r${row}) Tj ET\n`;
  const byRowOutOfOrder = [3, 1, 5, 0, 7, 2, 6, 4].flatMap((row) => [cell(1, row), cell(0, row)]).join('');
  const columns =
    textLines(rows.map((row) => `left ${row}`)) +
    textLines(
      rows.map((row) => `right ${row}`),
      { x: 320 },
    );
  const [table, twoColumns] = await textsOf(makePdf({ pages: [byRowOutOfOrder, columns] }));
  expect(table!.split('\n')).toEqual(rows.map((row) => `c0r${row} c1r${row}`));
  expect(twoColumns!.split(/\n+/)).toEqual([...rows.map((row) => `left ${row}`), ...rows.map((row) => `right ${row}`)]);
});

test('reads the fonts that no file embeds, and columns that run from top to bottom', async () => {
  const font = (name: string): string => `<< /Type /Font /Subtype /Type1 /BaseFont /${name} >>`;
  const greek = textLines(['abg'], { font: 'F1' }) + textLines(['plain'], { font: 'F2', y: 600 });
  const fonts = { F1: font('Symbol'), F2: font('Courier-Bold') };
  expect(await textsOf(makePdf({ pages: [greek], fonts }))).toEqual(['αβγ\n\nplain']);
  const column = (x: number, text: string): string => `BT /F1 12 Tf ${x} 700 Td ${hex(utf16(text))} Tj ET\n`;
  const vertical = makePdf({
    pages: [column(500, '縦書きの文') + column(480, '二行目')],
    fonts: { F1: collectionFont('UniJIS-UCS2-V', 'Japan1') },
  });
  expect(await textsOf(vertical)).toEqual(['縦書きの文\n二行目']);
});

test('reads a page that is turned', async () => {
  const pages = ['BT /F1 12 Tf 0 1 -1 0 300 100 Tm (Turned) Tj 0 -14 Td (twice) Tj ET'];
  expect(await textsOf(makePdf({ pages, pageEntries: '/Rotate 90' }))).toEqual(['Turned\ntwice']);
});

const IMAGE = {
  dictionary: '/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8',
  bytes: new Uint8Array(64).fill(128),
};
const SCAN = 'q 612 0 0 792 0 0 cm /Im Do Q';
const withImage = { objects: [IMAGE], resources: '/XObject << /Im 3 0 R >>' };

test('says that a scan has no text, and which pages of a mixed file have none', async () => {
  await expect(parse(pdfFile(makePdf({ pages: [SCAN, SCAN, SCAN], ...withImage })))).rejects.toMatchObject({
    code: 'document-scanned',
    details: { pageCount: 3 },
  });
  const mixed = await parse(pdfFile(makePdf({ pages: [SCAN, textLines(['Words']), SCAN], ...withImage })));
  expect(mixed.sections).toEqual([{ label: 'page 2', page: 2, text: 'Words' }]);
  expect(mixed.warnings).toEqual([{ type: 'pages-without-text', pages: [1, 3] }]);
});

test('refuses a file under a password, and reads one that only its owner may change', async () => {
  const pages = [textLines(['Secret words'])];
  await expect(parse(pdfFile(makePdf({ pages, encryption: encryption('sesame') })))).rejects.toMatchObject({
    code: 'document-protected',
    details: { kind: 'pdf' },
  });
  expect(await textsOf(makePdf({ pages, encryption: encryption('') }))).toEqual(['Secret words']);
});

test('ends in words or in a typed error wherever the file is cut', async () => {
  const pdf = makePdf({ pages: [textLines(['First page']), textLines(['Second page'])] });
  const endings = new Set<string>();
  for (let size = 8; size < pdf.length; size += 37) {
    const ending = await parse(pdfFile(pdf.slice(0, size))).then(
      ({ sections }) => sections[0]!.text,
      (error: { code?: string }) => error.code ?? `untyped: ${String(error)}`,
    );
    endings.add(ending);
  }
  expect([...endings].sort()).toEqual(['First page', 'document-damaged']);
});

test('names the pages that are damaged and reads the others', async () => {
  const pdf = makePdf({ pages: [textLines(['One']), textLines(['Two']), textLines(['Three'])] });
  const at = new TextDecoder('latin1').decode(pdf).indexOf('5 0 R');
  pdf.set(latin1('6 0 R'), at); // the second page is now its own content
  const document = await parse(pdfFile(pdf));
  expect(document.sections).toEqual([{ label: 'page 1', page: 1, text: 'One' }]);
  expect(document.warnings).toEqual([{ type: 'pages-damaged', pages: [2] }]);
});

test('believes no page tree that claims more pages than there are', async () => {
  expect(await textsOf(makePdf({ pages: [textLines(['One'])], pageCount: 2_000_000_000 }))).toEqual(['One']);
});

test('says when the file goes away while it is read', async () => {
  const body = Array<string>(40).fill('Words that fill a page, so that the file has several ranges to be asked for.');
  const file = pdfFile(makePdf({ pages: Array<string>(200).fill(textLines(body)) }));
  let asked = 0;
  const slice = file.slice.bind(file);
  file.slice = (start, end) =>
    ++asked > 2
      ? ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) } as unknown as Blob)
      : slice(start, end);
  await expect(parse(file)).rejects.toMatchObject({ code: 'document-unreadable' });
});

test('stops within a page when it is cancelled, with the signal’s reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const pages: number[] = [];
  const reading = parse(pdfFile(makePdf({ pages: Array<string>(50).fill(textLines(['Words'])) })), {
    signal: controller.signal,
    onProgress: ({ done }) => {
      pages.push(done);
      if (done === 3) controller.abort(reason);
    },
  });
  await expect(reading).rejects.toBe(reason);
  expect(pages).toEqual([0, 1, 2, 3]);
});

test('reads 200 pages with flat memory', async () => {
  const body = [...Array(40).keys()].map((line) => `Line ${line} of a page with ordinary words in it, forty of them.`);
  const file = pdfFile(makePdf({ pages: [...Array(200).keys()].map((page) => textLines([`Page ${page}`, ...body])) }));
  const heap: number[] = [];
  const { sections } = await parse(file, {
    onProgress: ({ done }) => done > 0 && done % 50 === 0 && heap.push(process.memoryUsage().heapUsed),
  });
  expect(sections.length).toBe(200);
  expect(sections[199]!.text.startsWith('Page 199\nLine 0')).toBe(true);
  // The text itself is 0.5 MB; 150 pages held as pdf.js holds them would be some 100 MB.
  expect(heap[3]! - heap[0]!).toBeLessThan(40e6);
});
