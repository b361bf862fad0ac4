import { expect, test } from 'vitest';
import { createCharacterCount } from '#documents/limits.ts';
import { csvRows, readCsv } from '#documents/text/csv.ts';
import { decodeText } from '#documents/text/decode-text.ts';
import { readHtml } from '#documents/text/html.ts';
import { readMarkdown } from '#documents/text/markdown.ts';

const count = createCharacterCount('test');
const html = (source: string): string =>
  readHtml(source, count)
    .sections.map(({ text }) => text)
    .join('\n---\n');
const bytes = (...values: (number | string)[]): Uint8Array =>
  Uint8Array.from(values.flatMap((one) => (typeof one === 'number' ? [one] : [...one].map((c) => c.charCodeAt(0)))));

test('HTML: words as they are seen, by heading, without what is hidden', () => {
  const source = `<!doctype html><html lang="ar-EG"><head><title>A &amp; B</title><style>p { }</style>
    <script>if (a < b) "</p>"</script></head><body>
    <p>One  <b>two</b>,<i> three</i><br>four &lt;five&gt; &eacute;&#x20AC;&#8364;&nope;</p>
    <div hidden>never</div><p style="color:red; display: none">never</p><template><p>never</p></template>
    <h2>List <a href="javascript:alert(1)">of</a> things</h2>
    <ul><li>a<li>b<ol start=3><li><p>c</p></li><li>d</ol></ul>
    <table><tr><th>Key<td>Value</tr><tr><td><p>k</p><td>v</table>
    <pre>  x\n    y</pre><img src="https://example.com/t.png" onerror=alert(1) alt=picture><svg><text>never</text></svg>
    <p>1 < 2</p><noscript>never</noscript></body></html>`;
  const { sections, language } = readHtml(source, count);
  expect(language).toBe('ar-EG');
  expect(sections).toEqual([
    { label: 'A & B', page: null, text: 'One two, three\nfour <five> é€€&nope;' },
    {
      label: 'List of things',
      page: null,
      text: 'List of things\n\n- a\n- b\n  3. c\n  4. d\n\nKey | Value\nk | v\n\n  x\n    y\n\n1 < 2',
    },
  ]);
});

test('HTML: what is never closed ends where a browser ends it', () => {
  expect(html('<p>a<!-- never <p>b')).toBe('a');
  expect(html('<p>a<script>never </p>')).toBe('a');
  expect(html('a<b title="x>y">c</b')).toBe('ac');
  expect(html('<head><meta charset=x><p>text')).toBe('text');
  expect(html('<p hidden>never<p>seen')).toBe('seen');
});

test.each([
  '<',
  '<a ',
  '<a b="',
  "<a b='",
  '<!--',
  '</',
  '<p><!-- -->',
  '&',
  '&#',
  '<script>',
  '<title>',
  '<a b=c ',
  '<h1>',
  '<ul><li>',
  '<td>',
  '<a\n',
])('HTML: 300 thousand characters of "%s" are read in no time', (piece) => {
  const startedMs = performance.now();
  readHtml(piece.repeat(300_000 / piece.length), count);
  expect(performance.now() - startedMs).toBeLessThan(1500);
});

test('CSV: rows as "column: value", with quoted fields, a mark at the start and any separator', () => {
  const source = '\ufeffName;Note;\n"Kim; Lee";"said ""hello""\nand left";x\n\nAli;;\n';
  const { text } = decodeText(new TextEncoder().encode(source));
  const { sections, warnings } = readCsv(text, { name: 'a.csv', count });
  expect(sections).toEqual([
    { label: 'rows 1–2', page: null, text: 'Name: Kim; Lee\nNote: said "hello"\nand left\ncolumn 3: x\n\nName: Ali' },
  ]);
  expect(warnings).toEqual([]);
  const tabs = readCsv('a\tb\n1, 5\t2\n', { name: 'a.tsv', count });
  expect(tabs.sections[0]!.text).toBe('a: 1, 5\nb: 2');
  expect(readCsv('sep=|\na|b\n1|2', { name: 'a.csv', count }).sections[0]!.text).toBe('a: 1\nb: 2');
});

test('CSV: sections of a hundred rows, a quote that never ends, and too many columns', () => {
  const rows = Array.from({ length: 250 }, (_, i) => `${i + 1},x`).join('\n');
  const { sections } = readCsv(`n,v\n${rows}`, { name: 'a.csv', count });
  expect(sections.map(({ label }) => label)).toEqual(['rows 1–100', 'rows 101–200', 'rows 201–250']);
  expect(readCsv('a,b\n1,"2\n3,4', { name: 'a.csv', count }).warnings).toEqual([{ type: 'quote-not-closed', row: 1 }]);
  expect(() => readCsv(','.repeat(100_000), { name: 'a.csv', count })).toThrow(/16385 columns/);
  expect([...csvRows('a,"b"c\n', ',')]).toEqual([['a', 'bc']]);
});

test('Markdown: sections at headings of both kinds, not in code, and together they are the whole text', () => {
  const source =
    'Intro\n\n# One *two* [link](https://x.y)\ntext\n```\n# no heading\n```\n### Three ###\nUnderlined\n---\nmore\n- item\n---\n#hashtag\n';
  const sections = readMarkdown(source);
  expect(sections.map(({ label }) => label)).toEqual(['', 'One two link', 'Three', 'Underlined']);
  expect(sections.map(({ text }) => text).join('')).toBe(source);
});

test.each([
  ['utf-8', bytes(0xef, 0xbb, 0xbf, 'h', 0xc3, 0xa9, '\r\nx\ry'), 'hé\nx\ny'],
  ['utf-16le', bytes(0xff, 0xfe, 0x2d, 0x06, 'a\0'), 'حa'],
  ['utf-16be', bytes(0xfe, 0xff, 0x06, 0x2d, '\0a'), 'حa'],
])('decodes %s by its mark, without a warning', (_encoding, input, text) => {
  expect(decodeText(input)).toEqual({ text, warnings: [] });
});

test.each([
  // "Café à l'été", "مرحبا بالعالم", "안녕하세요 세계" in the encodings of their time.
  ['windows-1252', bytes('Caf', 0xe9, ' ', 0xe0, " l'", 0xe9, 't', 0xe9), "Café à l'été"],
  ['windows-1256', bytes(0xe3, 0xd1, 0xcd, 0xc8, 0xc7, ' ', 0xc8, 0xc7, 0xe1, 0xda, 0xc7, 0xe1, 0xe3), 'مرحبا بالعالم'],
  [
    'euc-kr',
    bytes(0xbe, 0xc8, 0xb3, 0xe7, 0xc7, 0xcf, 0xbc, 0xbc, 0xbf, 0xe4, ' ', 0xbc, 0xbc, 0xb0, 0xe8),
    '안녕하세요 세계',
  ],
])('guesses %s where UTF-8 is impossible, and says so', (encoding, input, text) => {
  expect(decodeText(input)).toEqual({ text, warnings: [{ type: 'encoding-assumed', encoding }] });
});

test('believes the charset that an HTML file declares', () => {
  const page = bytes('<meta charset="windows-1251"><p>', 0xcc, 0xe8, 0xf0);
  expect(decodeText(page, true)).toEqual({ text: '<meta charset="windows-1251"><p>Мир', warnings: [] });
});
