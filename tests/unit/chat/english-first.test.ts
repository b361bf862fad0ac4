import { expect, test } from 'vitest';
import { askedInEnglish, askedToTranslate, isWeakIn } from '#chat/english-first.ts';

test('a model is weak in what its catalog does not name', () => {
  expect(isWeakIn('ar', ['en'])).toBe(true);
  expect(isWeakIn('en', ['en'])).toBe(false);
  expect(isWeakIn('en-GB', ['EN-us'])).toBe(false);
  expect(isWeakIn('ko', ['en', 'ko'])).toBe(false);
});

test('nothing is said of a model that nothing is known of', () => {
  expect(isWeakIn('ar', null)).toBe(false);
  expect(isWeakIn('ar', [])).toBe(false);
});

test('the question stays as it was written, before what is asked of the answer', () => {
  expect(askedInEnglish('  لماذا السماء زرقاء؟ \n')).toBe('لماذا السماء زرقاء؟\n\n(Please answer in English.)');
  expect(askedToTranslate('Arabic')).toContain('into Arabic');
});
