import { expect, test } from 'vitest';
import { splitBlocks } from '#lib/ui/text-blocks.ts';

test('splits paragraphs at blank lines and keeps single line breaks and indentation', () => {
  expect(splitBlocks('one\n  two\n\n\nthree\n')).toEqual([
    { kind: 'text', text: 'one\n  two' },
    { kind: 'text', text: 'three' },
  ]);
});

test('takes code out of its fences and leaves it as it is', () => {
  expect(splitBlocks('See:\n```js\nlet x = `a`;\n\n  y();\n```\nDone.')).toEqual([
    { kind: 'text', text: 'See:' },
    { kind: 'code', text: 'let x = `a`;\n\n  y();', language: 'js' },
    { kind: 'text', text: 'Done.' },
  ]);
});

test('a fence that is still open while the answer streams is code already', () => {
  expect(splitBlocks('```python\nprint(1')).toEqual([{ kind: 'code', text: 'print(1', language: 'python' }]);
});

test('a fence ends only at one of its own kind and at least its length', () => {
  expect(splitBlocks('````\n```\n~~~\n````')).toEqual([{ kind: 'code', text: '```\n~~~', language: '' }]);
});

test('back ticks inside a line are text', () => {
  expect(splitBlocks('Use ```x``` here')).toEqual([{ kind: 'text', text: 'Use ```x``` here' }]);
});

test('no text gives no block', () => {
  expect(splitBlocks('')).toEqual([]);
  expect(splitBlocks('\n \n')).toEqual([]);
});

test('every prefix of an answer can be split: that is what streaming shows', () => {
  const whole = 'Hi\n\n```c\nint x;\n```\n\nمرحبا\n';
  for (let end = 0; end <= whole.length; end++) {
    const shown = splitBlocks(whole.slice(0, end))
      .map(({ text }) => text)
      .join('');
    expect(shown.length).toBeLessThanOrEqual(end);
  }
  expect(splitBlocks(whole)).toHaveLength(3);
});
