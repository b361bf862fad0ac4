import { expect, test } from 'vitest';
import { selectPassages } from '#chat/select-passages.ts';
import type { Passage } from '#documents/chunk.ts';

const passagesOf = (...texts: string[]): Passage[] =>
  texts.map((text, sectionIndex) => ({ text, tokenCount: 10, spans: [{ sectionIndex, start: 0, end: text.length }] }));
const chosen = (question: string, texts: string[], maxTokens: number): string[] =>
  selectPassages(question, passagesOf(...texts), maxTokens).map(({ text }) => text);

const REPORT = [
  'This report is about the year and about the company.',
  'The company sold lamps in the north and in the south.',
  'The costs of the warehouse were higher than in the year before.',
  'The company has ninety people, and the people like the company.',
  'Next year the warehouse moves to Hamburg.',
];

test('takes what shares the rare words of the question, in the order of the text', () => {
  expect(chosen('What were the costs of the warehouse?', REPORT, 20)).toEqual([REPORT[2], REPORT[4]]);
});

test('finds a word in another form', () => {
  expect(chosen('Who sells a lamp?', REPORT, 10)).toEqual([REPORT[1]]);
});

test.each([
  [
    'Arabic, with and without the article',
    'ما هي تكاليف مخزن الشركة؟',
    ['مقدمة عن السنة.', 'كانت تكاليف المخزن أعلى.', 'خاتمة قصيرة.'],
    1,
  ],
  ['Korean, whatever particle follows', '창고의 비용은?', ['머리말입니다.', '창고에서 비용이 늘었다.', '끝입니다.'], 1],
  ['Chinese, without spaces', '仓库的费用', ['前言在这里。', '仓库费用增加了。', '结束。'], 1],
])('finds words in %s', (_, question, texts, at) => {
  expect(chosen(question, texts, 10)).toEqual([texts[at]]);
});

test('gives the beginning where nothing shares a word with the question', () => {
  expect(chosen('xyzzy', REPORT, 25)).toEqual(REPORT.slice(0, 2));
  expect(chosen('', REPORT, 10)).toEqual(REPORT.slice(0, 1));
});

test('never takes more than fits, and goes on to smaller passages when a large one does not', () => {
  const [first, second, third] = passagesOf('warehouse costs warehouse costs', 'the warehouse', 'other words');
  const large = { ...first!, tokenCount: 100 };
  expect(selectPassages('warehouse costs', [large, second!, third!], 50)).toEqual([second]);
  expect(selectPassages('warehouse costs', [large], 50)).toEqual([]);
  expect(selectPassages('warehouse', [], 50)).toEqual([]);
});

test('takes a moment for a novel', () => {
  const words = Array.from({ length: 3000 }, (_, at) => `word${at % 977} other${at % 31} `);
  const texts = Array.from({ length: 400 }, (_, at) => words.slice(at % 2000, (at % 2000) + 100).join(''));
  texts[321] = 'the needle in the hay';
  const startedMs = performance.now();
  expect(chosen('Where is the needle?', texts, 10)).toEqual([texts[321]]);
  expect(performance.now() - startedMs).toBeLessThan(3000);
});
