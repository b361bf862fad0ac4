import { expect, test } from 'vitest';
import { findQuote } from '#documents/find-quote.ts';
import { sourceDocument } from '#tests/support/documents/source-document.ts';

const found = (texts: readonly string[], quote: string): string[] | null => {
  const document = sourceDocument(texts);
  return (
    findQuote(document, quote)?.spans.map(({ sectionIndex, start, end }) =>
      document.sections[sectionIndex]!.text.slice(start, end),
    ) ?? null
  );
};

test.each([
  ['white space', 'The quick\n  brown\u00a0fox', 'quick brown   fox', 'quick\n  brown\u00a0fox'],
  ['a word divided at a line’s end', 'an exam-\nple here', 'an example here', 'an exam-\nple here'],
  ['a hyphen at a line’s end that is the word’s own', 'a well-\nknown man', 'a well-known man', 'a well-\nknown man'],
  ['a division on the side of the quote', 'an example here', 'an exam-\nple here', 'an example here'],
  ['a soft hyphen', 'an exam\u00adple', 'an example', 'an exam\u00adple'],
  ['another hyphen', 'well\u2011known', 'well-known', 'well\u2011known'],
  ['typographic quotes', 'He said “it’s «here»”.', `He said "it's "here"".`, 'He said “it’s «here»”.'],
  ['a leading hyphen', 'it is -5 degrees', '-5 degrees', '-5 degrees'],
  ['Arabic', 'قال: كيف\nحالك؟ نعم', 'كيف حالك؟', 'كيف\nحالك؟'],
  ['Korean', '오늘은 날씨가\n좋습니다.', '날씨가 좋습니다.', '날씨가\n좋습니다.'],
  ['a line’s end in Chinese, which writes no spaces', '今天天气\n很好。', '天天气很好', '天天气\n很好'],
])('finds a quote in spite of %s', (_what, text, quote, expected) => {
  expect(found([text], quote)).toEqual([expected]);
});

test.each([
  ['another word', 'The quick brown fox', 'The quick red fox'],
  ['another letter’s size', 'The quick brown fox', 'the quick brown fox'],
  ['a part of a word', 'a party', 'art'],
  ['the beginning of a word', 'a partition', 'part'],
  ['words run together', 'black board', 'blackboard'],
  ['a word taken apart', 'blackboard', 'black board'],
  ['a hyphen within a line', 'a well-known man', 'a wellknown man'],
  ['a missing minus', 'it is 5 degrees', '-5 degrees'],
  ['another mark', 'Really?', 'Really!'],
  ['nothing', 'words', '  '],
  ['hyphens alone', 'a - b', '--'],
])('takes %s for no quote', (_what, text, quote) => {
  expect(found([text], quote)).toBeNull();
});

test('a quote may go over the end of a page, and its place says where on both', () => {
  const pages = ['First page ends in the mid-', 'dle of a sentence. And on.'];
  expect(found(pages, 'in the middle of a sentence.')).toEqual(['in the mid-', 'dle of a sentence.']);
  expect(findQuote(sourceDocument(pages), 'And on.')).toEqual({ spans: [{ sectionIndex: 1, start: 19, end: 26 }] });
});

test('passes over a place that only begins alike, and finds the second', () => {
  expect(findQuote(sourceDocument(['a partition, a part of it']), 'a part')).toEqual({
    spans: [{ sectionIndex: 0, start: 13, end: 19 }],
  });
});

test('finds every sentence of a long text again, at once after the first', () => {
  const sentences = Array.from(
    { length: 20_000 },
    (_, i) => `Sentence number ${i} says “something”,\nas all the ${i * 7} do.`,
  );
  const text = sentences.join(' ');
  const document = sourceDocument([text]);
  const startedMs = performance.now();
  for (let i = 0; i < sentences.length; i += 400) {
    const quote = sentences[i]!.replace('\n', ' ').replace(/[“”]/g, '"');
    const [span] = findQuote(document, quote)!.spans;
    expect(text.slice(span!.start, span!.end)).toBe(sentences[i]);
  }
  expect(performance.now() - startedMs).toBeLessThan(2000);
});

test('gives up on a text that is made to agree everywhere, soon', () => {
  const startedMs = performance.now();
  expect(found(['a '.repeat(1_000_000)], `${'a'.repeat(1000)}`)).toBeNull();
  expect(performance.now() - startedMs).toBeLessThan(3000);
});
