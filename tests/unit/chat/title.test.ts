import { expect, test } from 'vitest';
import { parseTitle, titlePrompt } from '#chat/title.ts';
import { answer, chained, question } from '#tests/support/chat/messages.ts';

test('a title is asked for from the first question and its whole answer, shortened', () => {
  const long = 'x'.repeat(5000);
  const prompt = titlePrompt(chained([question('q', `Why ${long}`), answer('a', `Because ${long}`), question('r')]));
  expect(prompt).toHaveLength(1);
  expect(prompt![0]!.content).toContain('Why xxx');
  expect(prompt![0]!.content).toContain('Because xxx');
  expect(prompt![0]!.content.length).toBeLessThan(1500);
});

test('nothing is asked for without an answer that came to its end', () => {
  expect(titlePrompt([])).toBeNull();
  expect(titlePrompt([question('q')])).toBeNull();
  expect(titlePrompt(chained([question('q'), answer('a', 'half', { state: 'stopped' })]))).toBeNull();
});

test.each([
  ['Why the sky is blue', 'Why the sky is blue'],
  ['"Blue Skies"\n\nThis title is good.', 'Blue Skies'],
  ['**Title: Blue Skies.**', 'Blue Skies'],
  ['Title: "Blue Skies"', 'Blue Skies'],
  ['العنوان: سماء زرقاء', 'سماء زرقاء'],
])('%j gives %j', (text, title) => {
  expect(parseTitle(text)).toBe(title);
});

test.each(['', ' \n ', '""', 'Sure, I can write a title for this conversation about why the sky is so blue today'])(
  '%j is no title',
  (text) => {
    expect(parseTitle(text)).toBeNull();
  },
);
