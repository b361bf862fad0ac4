import { expect, test } from 'vitest';
import { languageOfText, latinLanguageOf } from '#voice/spoken-language.ts';

test.each([
  ['en', 'The light of the sun is the oldest that we see.'],
  ['es', 'La luz del sol es lo más antiguo que se ve.'],
  ['fr', 'La lumière du soleil est la plus ancienne que vous voyez dans le ciel.'],
  ['de', 'Das Licht der Sonne ist das älteste, das wir sehen, und es ist warm.'],
])('tells %s by its commonest words, whatever the page is in', (language, text) => {
  for (const fallback of ['en', 'es', 'fr', 'de', 'ar', 'ko']) expect(latinLanguageOf(text, fallback)).toBe(language);
});

test('too few words leave the language of the page, or English where that has other letters', () => {
  expect(latinLanguageOf('SmolLM2', 'de')).toBe('de');
  expect(latinLanguageOf('SmolLM2', 'pt-BR')).toBe('pt-BR');
  expect(latinLanguageOf('SmolLM2', 'ar')).toBe('en');
});

test('a region of the page’s language stays', () => {
  expect(latinLanguageOf('The light of the sun is here.', 'en-GB')).toBe('en-GB');
});

test('the script with most letters decides, and a name in another does not', () => {
  expect(languageOfText('تعلمت المكتبة Python في أسبوع', 'en')).toBe('ar');
  expect(languageOfText('I wrote سلام to a friend yesterday', 'en')).toBe('en');
  expect(languageOfText('چگونه می‌توانم کمک کنم', 'en')).toBe('fa');
  expect(languageOfText('東京都は日本の首都です', 'en')).toBe('ja');
  expect(languageOfText('1234', 'es')).toBe('es');
});
