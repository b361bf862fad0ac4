import { expect, test } from 'vitest';
import {
  docxFile,
  docxParts,
  footnote,
  heading,
  item,
  makeZip,
  paragraph,
  table,
  withFootnote,
} from '#tests/support/documents/docx.ts';
import { parse } from '#tests/support/documents/parse.ts';

const FOOTNOTES = footnote('Its source.', 2);
const BODY = [
  paragraph('Before &amp; after.'),
  heading('Results'),
  withFootnote('A claim', 2),
  item('first', 1),
  item('nested', 1, 1),
  item('second', 1),
  item('one', 2),
  item('two', 2),
  heading('Table', 2),
  table([
    ['City', 'People'],
    ['Seoul', '9.4 million'],
  ]),
  paragraph('The end.'),
].join('');

test('reads headings as sections, lists, tables and footnotes as text', async () => {
  const file = await docxFile(BODY, { footnotes: FOOTNOTES });
  const { kind, sections, warnings } = await parse(file);
  expect(kind).toBe('docx');
  expect(warnings).toEqual([]);
  expect(sections).toEqual([
    { label: '', page: null, text: 'Before & after.' },
    { label: 'Results', page: null, text: 'Results\n\nA claim[1]\n\n- first\n  - nested\n- second\n\n1. one\n2. two' },
    { label: 'Table', page: null, text: 'Table\n\nCity | People\nSeoul | 9.4 million\n\nThe end.' },
    { label: 'notes', page: null, text: '1. Its source.' },
  ]);
});

test('reads Arabic', async () => {
  const document = await parse(await docxFile(heading('مقدمة') + paragraph('هذا نص عربي.')));
  expect(document).toMatchObject({ language: 'ar', direction: 'rtl', sections: [{ label: 'مقدمة' }] });
});

test('takes a DOCX for what it is, whatever it is called, and other ZIP files for what they are', async () => {
  expect((await parse(await docxFile(BODY, { footnotes: FOOTNOTES, name: 'letter.txt' }))).kind).toBe('docx');
  const found = async (...names: string[]): Promise<unknown> =>
    parse(new File([await makeZip(names.map((name) => ({ name, content: 'x' })))], 'a.docx')).catch(
      ({ code, details }) => [code, details.found],
    );
  expect(await found('[Content_Types].xml', 'xl/workbook.xml')).toEqual(['document-unsupported', 'spreadsheet']);
  expect(await found('[Content_Types].xml', 'ppt/presentation.xml')).toEqual(['document-unsupported', 'presentation']);
  expect(await found('mimetype', 'content.xml', 'META-INF/manifest.xml')).toEqual([
    'document-unsupported',
    'open-document',
  ]);
  expect(await found('mimetype', 'META-INF/container.xml')).toEqual(['document-unsupported', 'book']);
  expect(await found('notes.txt')).toEqual(['document-unsupported', 'archive']);
});

test('ends in words or in a typed error wherever the file is cut, and whichever byte is wrong', async () => {
  const whole = new Uint8Array(await (await docxFile(BODY, { footnotes: FOOTNOTES })).arrayBuffer());
  const endings = new Set<string>();
  const tryOut = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    endings.add(
      await parse(new File([bytes], 'cut.docx')).then(
        () => 'read',
        (error: { code?: string }) => error.code ?? `untyped: ${String(error)}`,
      ),
    );
  };
  for (let size = 4; size < whole.length; size += 61) await tryOut(whole.slice(0, size));
  expect([...endings]).toEqual(['document-damaged']);
  for (let at = 4; at < whole.length; at += 61) {
    const bytes = whole.slice();
    bytes[at]! ^= 0xff;
    await tryOut(bytes);
  }
  const allowed = ['read', 'document-damaged', 'document-unsupported', 'document-protected', 'document-no-text'];
  expect([...endings].filter((ending) => !allowed.includes(ending))).toEqual([]);
});

test('stops inflating a bomb at the limit, whatever size its headers claim', async () => {
  const bomb = new Uint8Array(65_000_000).fill(32);
  const parts = docxParts(BODY).map((part) =>
    part.name === 'word/styles.xml' ? { ...part, content: bomb, claimedSize: 100 } : part,
  );
  const file = new File([await makeZip(parts)], 'bomb.docx');
  expect(file.size).toBeLessThan(200_000);
  await expect(parse(file)).rejects.toMatchObject({
    code: 'document-inflates',
    details: { part: 'word/styles.xml', limit: 64_000_000 },
  });
});

test('never unpacks pictures: one that is damaged is not even noticed', async () => {
  const name = 'word/media/image1.png';
  const zip = await makeZip([{ name, content: 'no picture' }, ...docxParts(BODY, { footnotes: FOOTNOTES })]);
  zip.fill(0xff, 30 + name.length, 30 + name.length + 8);
  expect((await parse(new File([zip], 'pictures.docx'))).sections.length).toBe(4);
});

test('refuses XML that nests without end, and expands no entity', async () => {
  const deep = '<w:p>'.repeat(100_000) + '</w:p>'.repeat(100_000);
  await expect(parse(await docxFile(deep))).rejects.toMatchObject({
    code: expect.stringMatching(/^document-(damaged|no-text)$/),
  });
  const laughs = docxParts(paragraph('&c;')).map((part) =>
    part.name === 'word/document.xml'
      ? {
          ...part,
          content: `<!DOCTYPE d [<!ENTITY a "${'ha'.repeat(1000)}"><!ENTITY b "${'&a;'.repeat(1000)}"><!ENTITY c "${'&b;'.repeat(1000)}">]>${part.content as string}`,
        }
      : part,
  );
  const ending = await parse(new File([await makeZip(laughs)], 'laughs.docx')).then(
    ({ characterCount }) => characterCount,
    ({ code }) => code as string,
  );
  expect(ending === 'document-damaged' || Number(ending) < 100, String(ending)).toBe(true);
});

test('knows an old Word file and an encrypted new one by what is in their container', async () => {
  const container = (entry: string): File => {
    const bytes = new Uint8Array(2048);
    bytes.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    [...entry].forEach((letter, index) => (bytes[1024 + 2 * index] = letter.charCodeAt(0)));
    return new File([bytes], 'letter.docx');
  };
  await expect(parse(container('WordDocument'))).rejects.toMatchObject({ code: 'document-old-word' });
  await expect(parse(container('EncryptedPackage'))).rejects.toMatchObject({ code: 'document-protected' });
  await expect(parse(container('Workbook'))).rejects.toMatchObject({ details: { found: 'spreadsheet' } });
});
