import { expect, test } from 'vitest';
import {
  MAX_VARIABLES,
  NAME_CHARACTERS,
  TEXT_CHARACTERS,
  fillPrompt,
  findPrompts,
  matchRank,
  nameFor,
  problemOf,
  variablesOf,
} from '#chat/saved-prompt.ts';

test('names each place to fill once, in order, in any language', () => {
  expect(variablesOf('Explain {{topic}} to {{ the reader }}, then {{topic}} again: {{الموضوع}} {{주제}}.')).toEqual([
    'topic',
    'the reader',
    'الموضوع',
    '주제',
  ]);
});

test.each([
  ['nothing inside', '{{}} {{ }}'],
  ['single braces', '{topic}'],
  ['braces in code', 'const x = {{ ...y }}; {{a: 1}} {{"a"}}'],
  ['a line break', '{{a\nb}}'],
  ['a name that is too long', `{{${'x'.repeat(41)}}}`],
])('reads no place from %s', (_, text) => {
  expect(variablesOf(text)).toEqual([]);
  expect(fillPrompt(text, new Map([['topic', 'X']]))).toBe(text);
});

test('fills every place of a name, and reads no place in what was filled in', () => {
  const values = new Map([
    ['a', '{{b}} $& $1'],
    ['b', 'B'],
  ]);
  expect(fillPrompt('{{a}} {{ b }} {{a}} {{c}}', values)).toBe('{{b}} $& $1 B {{b}} $& $1 {{c}}');
});

test('a value may be empty', () => {
  expect(fillPrompt('[{{a}}]', new Map([['a', '']]))).toBe('[]');
});

test('reading places from a hostile text takes no time', () => {
  const started = performance.now();
  for (const text of ['{{'.repeat(10_000), `{{${'a '.repeat(10_000)}`, '{{a'.repeat(6000), '}'.repeat(20_000)]) {
    expect(variablesOf(text)).toEqual([]);
  }
  expect(performance.now() - started).toBeLessThan(2000);
});

test('says why a prompt cannot be kept', () => {
  const many = Array.from({ length: MAX_VARIABLES + 1 }, (_, at) => `{{v${at}}}`).join(' ');
  expect(problemOf({ name: ' ', text: 'x' })).toBe('no-name');
  expect(problemOf({ name: 'x', text: '\n' })).toBe('no-text');
  expect(problemOf({ name: 'x'.repeat(NAME_CHARACTERS + 1), text: 'x' })).toBe('long-name');
  expect(problemOf({ name: 'x', text: 'x'.repeat(TEXT_CHARACTERS + 1) })).toBe('long-text');
  expect(problemOf({ name: 'x', text: many })).toBe('many-variables');
  expect(problemOf({ name: 'x', text: many.replace('{{v0}}', '') })).toBeNull();
});

test('names a question by its first line, cut at a word', () => {
  expect(nameFor('  Why is the sky blue?\nAnd the sea?')).toBe('Why is the sky blue?');
  const name = nameFor('Explain the difference between a process and a thread to somebody new');
  expect(name).toBe('Explain the difference between a…');
  expect(name.length).toBeLessThanOrEqual(NAME_CHARACTERS);
  expect(nameFor('x'.repeat(500))).toHaveLength(NAME_CHARACTERS / 2);
});

test('finds by name before text, whatever the case and the accents', () => {
  const prompts = [
    { name: 'Write a letter', text: 'to {{who}} about the résumé' },
    { name: 'Résumé', text: 'x' },
    { name: 'Shorten', text: 'x' },
    { name: 'My resume words', text: 'x' },
  ];
  expect(findPrompts(prompts, ' RESUME').map(({ name }) => name)).toEqual([
    'Résumé',
    'My resume words',
    'Write a letter',
  ]);
  expect(findPrompts(prompts, '')).toEqual(prompts);
  expect(findPrompts(prompts, 'nothing')).toEqual([]);
});

test('ranks a beginning before a word before a part', () => {
  expect([
    matchRank('Explain simply', 'ex'),
    matchRank('Explain simply', 'simp'),
    matchRank('Explain', 'plain'),
  ]).toEqual([0, 1, 2]);
  expect(matchRank('Explain', 'z')).toBeNull();
  expect(matchRank('لَخِّص النص', 'لخص')).toBe(0);
});
