import { expect, test } from 'vitest';
import { MAX_UTTERANCE, placeOf, utterancesOf, wholePlace, wordLengthAt } from '#voice/speech-text.ts';
import type { Run } from '#voice/speech-text.ts';

const PAUSE = { kind: 'pause', length: 'long' } as const;
const CELL = { kind: 'pause', length: 'short' } as const;
const SAID = (text: string): Run => ({ kind: 'said', text });

/** Texts one after the other, as the nodes of a page are. */
function runsOf(...parts: (string | Run)[]): { runs: Run[]; page: string } {
  let page = '';
  const runs = parts.map((part): Run => {
    if (typeof part !== 'string') return part;
    const at = page.length;
    page += part;
    return { kind: 'text', text: part, at };
  });
  return { runs, page };
}

test('sentences are utterances, and every word of them is found in the page', () => {
  const { runs, page } = runsOf('The sun is ', 'very', ' bright. It is a star.', PAUSE, 'Its light is old.');
  const utterances = utterancesOf(runs, 'en');
  expect(utterances.map(({ text }) => text.trim())).toEqual([
    'The sun is very bright.',
    'It is a star.',
    'Its light is old.',
  ]);
  for (const utterance of utterances) {
    for (const { index, 0: word } of utterance.text.matchAll(/\w+/g)) {
      const place = placeOf(utterance, index, word.length)!;
      expect(page.slice(place.start, place.end)).toBe(word);
    }
  }
});

test('a word of two nodes is one place', () => {
  const { runs, page } = runsOf('un', 'believ', 'able words');
  const [utterance] = utterancesOf(runs, 'en');
  expect(wordLengthAt(utterance!.text, 0)).toBe(12);
  const { start, end } = placeOf(utterance!, 0, 12)!;
  expect(page.slice(start, end)).toBe('unbelievable');
});

test('nothing longer than a voice can say at once, and nothing is lost between the parts', () => {
  const long = `${'word '.repeat(300)}end.`;
  const unbroken = 'x'.repeat(1000);
  const emoji = '😀'.repeat(400);
  const { runs, page } = runsOf(long, PAUSE, unbroken, PAUSE, `a${emoji}b`);
  const utterances = utterancesOf(runs, 'en');
  expect(Math.max(...utterances.map(({ text }) => text.length))).toBeLessThanOrEqual(MAX_UTTERANCE);
  const spoken = utterances.map(({ text }) => text).join('');
  expect(spoken.replace(/\s/g, '')).toContain(long.replace(/\s/g, ''));
  expect(spoken).toContain(unbroken);
  expect(utterances.every(({ text }) => text.isWellFormed())).toBe(true);
  for (const utterance of utterances) {
    const { start, end } = wholePlace(utterance)!;
    expect(page.slice(start, end)).toBe(utterance.text);
  }
});

test('what is said in place of something stands nowhere in the page', () => {
  const { runs, page } = runsOf('Where ', SAID('x² + 1'), ' is small.');
  const [utterance] = utterancesOf(runs, 'en');
  expect(utterance!.text).toBe('Where x² + 1 is small.');
  expect(placeOf(utterance!, 6, 2)).toBeNull();
  const { start, end } = placeOf(utterance!, utterance!.text.indexOf('small'), 5)!;
  expect(page.slice(start, end)).toBe('small');
});

test('an address is said by its host and shown as a whole', () => {
  const { runs, page } = runsOf('See https://www.example.org/a/very/long?path=1#x for more.');
  const [utterance] = utterancesOf(runs, 'en');
  expect(utterance!.text).toBe('See example.org for more.');
  const { start, end } = placeOf(utterance!, 4, 7)!;
  expect(page.slice(start, end)).toBe('https://www.example.org/a/very/long?path=1#x');
  const more = placeOf(utterance!, utterance!.text.indexOf('more'), 4)!;
  expect(page.slice(more.start, more.end)).toBe('more');
});

test('cells of a row are apart, and a row is not one with the next', () => {
  const { runs } = runsOf(CELL, 'City', CELL, CELL, 'People', CELL, PAUSE, CELL, 'Cairo', CELL);
  expect(utterancesOf(runs, 'en').map(({ text }) => text)).toEqual(['City, People, ', 'Cairo, ']);
});

test('marks and empty blocks are not spoken', () => {
  const { runs } = runsOf('---', PAUSE, '* | *', PAUSE, 'Words with `code`.');
  expect(utterancesOf(runs, 'en').map(({ text }) => text)).toEqual(['Words with  code .']);
});

test('each sentence has the language of its letters', () => {
  const { runs } = runsOf(
    'The light is here. ',
    'السلام عليكم ورحمة الله. ',
    '안녕하세요. ',
    'こんにちは世界。',
    '你好世界。',
  );
  expect(utterancesOf(runs, 'fr').map(({ language }) => language)).toEqual(['en', 'ar', 'ko', 'ja', 'zh']);
});
