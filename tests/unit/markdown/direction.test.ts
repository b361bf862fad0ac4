import { expect, test } from 'vitest';
import { directionOf } from '#markdown/direction.ts';
import { neutralise } from '#markdown/neutral-text.ts';

test.each([
  ['Hello', 'ltr'],
  ['مرحبا بك', 'rtl'],
  ['שלום', 'rtl'],
  ['React هي مكتبة لبناء واجهات المستخدم', 'rtl'],
  ['The word مرحبا means hello', 'ltr'],
  ['```js\nconst a = "many latin letters here";\n```\nهذا مثال', 'rtl'],
  ['~~~\nmany latin letters\n~~~\nهذا', 'rtl'],
  ['`someLatinFunctionName` هي دالة', 'rtl'],
  ['$\\alpha + \\beta = latin$ هي', 'rtl'],
  ['\\[ many latin letters \\] معادلة', 'rtl'],
  ['https://example.org/latin/letters انظر', 'rtl'],
  ['١٢٣ 42', null],
  ['', null],
  ['```js\nan open fence of latin letters', null],
])('%j runs %s', (text, direction) => {
  expect(directionOf(text)).toBe(direction);
});

test('a million characters are looked at no longer than the beginning', () => {
  const startMs = performance.now();
  for (const text of ['`'.repeat(1_000_000), '$a'.repeat(500_000), '\\('.repeat(500_000), 'x'.repeat(1_000_000)])
    directionOf(text);
  expect(performance.now() - startMs).toBeLessThan(500);
});

test('characters that reorder or hide text are gone, Arabic and its marks stay', () => {
  expect(neutralise('a\u202Eb\u2066c\u2069d\u0000e\u001B[0m\rf')).toBe('abcde[0mf');
  const arabic = 'مرحبا\u200F \u200Eabc\u061C\n\tيوم';
  expect(neutralise(arabic)).toBe(arabic);
});
