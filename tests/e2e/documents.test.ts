// PDFs as a browser prints them: embedded fonts, ligatures, right-to-left lines in visual order, compressed streams.
import { expect, test } from 'vitest';
import { launchChromium } from '#tests/support/chromium.ts';
import { parse } from '#tests/support/documents/parse.ts';
import { pdfFile } from '#tests/support/documents/pdf.ts';

const ARABIC = [
  'مقدمة في الذكاء الاصطناعي',
  'السلام عليكم ورحمة الله. هذه فقرة مكتوبة باللغة العربية، وفيها كلمات مثل الإطالة والآلة والأولاد.',
  'درجة الحرارة اليوم 25 مئوية في مدينة Berlin الجميلة.',
];
const COLUMN = 'A sentence in two columns that fills its lines. '.repeat(20).trim();
const HTML = `<body style="font: 12px 'DejaVu Sans'"><h1>The official office file: a difficult fjord</h1>
  ${ARABIC.map((text) => `<p dir="rtl">${text}</p>`).join('')}
  <table><tr><td>Key</td><td>Value</td></tr><tr><td>Alpha</td><td>12</td></tr></table>
  <div style="columns: 2">${COLUMN}</div><p style="break-before: page">The second page.</p></body>`;

test('reads what Chromium prints: Arabic in logical order, ligatures, a table by rows, columns one by one', async () => {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.setContent(HTML);
    const { sections, direction } = await parse(pdfFile(new Uint8Array(await page.pdf())));
    expect(sections.map(({ label }) => label)).toEqual(['page 1', 'page 2']);
    const [heading, ...paragraphs] = sections[0]!.text.split('\n\n');
    expect(heading).toBe('The official office file: a difficult fjord');
    expect(paragraphs.slice(0, 3)).toEqual(ARABIC);
    const rest = paragraphs.slice(3).join('\n').split('\n');
    expect(rest.slice(0, 2)).toEqual(['Key Value', 'Alpha 12']);
    expect(rest.slice(2).join(' ')).toBe(COLUMN);
    expect(sections[1]!.text).toBe('The second page.');
    expect(direction).toBe('ltr');
  } finally {
    await browser.close();
  }
});
