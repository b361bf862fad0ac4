import { expect, test } from 'vitest';
import { createCharacterCount, MAX_FILE_BYTES } from '#documents/limits.ts';
import { parse } from '#tests/support/documents/parse.ts';
import { makePdf, textLines } from '#tests/support/documents/pdf.ts';

const file = (content: BlobPart, name: string): File => new File([content], name);
const errorOf = (content: BlobPart, name: string): Promise<unknown> =>
  parse(file(content, name)).then(
    (document) => document,
    ({ code, details }) => [code, details.found ?? details.kind ?? null],
  );

test.each([
  ['notes.txt', 'Hello', 'text'],
  ['README.md', '# Hello', 'markdown'],
  ['main.rs', 'fn main() {}', 'code'],
  ['run', '#!/bin/sh\necho', 'code'],
  ['page.html', '<p>Hello', 'html'],
  ['saved-as.txt', '\ufeff<!-- saved --> <!DOCTYPE html><p>Hello', 'html'],
  ['template.svelte', '<html>', 'code'],
  ['table.csv', 'a,b\n1,2', 'csv'],
  ['no-name-at-all', 'Hello', 'text'],
])('%s is read by its content, then by its name', async (name, content, kind) => {
  expect((await parse(file(content, name))).kind).toBe(kind);
});

test('a PDF is a PDF whatever it is called, also behind a few bytes of something else', async () => {
  const pdf = makePdf({ pages: [textLines(['Words'])] });
  expect((await parse(file(pdf, 'report.txt'))).kind).toBe('pdf');
  expect((await parse(new File(['\x00\x01junk\n', pdf], 'report.bin'))).kind).toBe('pdf');
  expect((await parse(file('A text on the header %PDF-1.4.', 'note.txt'))).kind).toBe('text');
});

test('refuses what is no text, and says what it is', async () => {
  expect(await errorOf('', 'empty.pdf')).toEqual(['document-empty', null]);
  expect(await errorOf('  \n\t ', 'blank.txt')).toEqual(['document-no-text', null]);
  expect(await errorOf('<script>let a</script>', 'blank.html')).toEqual(['document-no-text', null]);
  expect(await errorOf(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10), 'a.txt')).toEqual([
    'document-unsupported',
    'image',
  ]);
  expect(await errorOf('{\\rtf1 Hello}', 'a.doc')).toEqual(['document-unsupported', 'rich-text']);
  expect(await errorOf('GGUF....', 'a.gguf')).toEqual(['document-unsupported', 'model']);
  expect(
    await errorOf(
      Uint8Array.from({ length: 999 }, (_, i) => (i * 7919) % 251),
      'a.txt',
    ),
  ).toEqual(['document-binary', null]);
  expect(await errorOf('%PDF-1.7 and nothing more', 'a.pdf')).toEqual(['document-damaged', 'pdf']);
});

test('refuses files above the limits before they are read, and counts characters while they come', async () => {
  const large = file('x', 'large.pdf');
  Object.defineProperty(large, 'size', { value: MAX_FILE_BYTES + 1 });
  await expect(parse(large)).rejects.toMatchObject({ code: 'document-too-large', details: { unit: 'bytes' } });
  const count = createCharacterCount('a', 10);
  count(10);
  expect(() => count(1)).toThrow(/11 characters; at most 10/);
  const text = file('word '.repeat(2_000_001), 'long.txt');
  await expect(parse(text)).rejects.toMatchObject({ details: { unit: 'characters', value: 10_000_005 } });
});

test('says when a file went away after it was chosen', async () => {
  const gone = file('Hello', 'gone.txt');
  gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }) as unknown as Blob;
  await expect(parse(gone)).rejects.toMatchObject({ code: 'document-unreadable' });
});

test.each([
  ['ar', 'rtl', 'النص العربي هنا'],
  ['ko', 'ltr', '한국어 문장입니다.'],
  ['ja', 'ltr', '日本語の文章です。'],
  ['zh', 'ltr', '这是中文文档。'],
  ['he', 'rtl', 'טקסט בעברית'],
  [null, 'ltr', 'English, or any other in these letters'],
  [null, 'rtl', 'این یک متن فارسی است، چگونه'],
])('tells the language %s and the direction %s by the letters', async (language, direction, text) => {
  expect(await parse(file(text, 'a.txt'))).toMatchObject({ language, direction });
});
