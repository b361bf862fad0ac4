import { expect, test } from 'vitest';
import { choiceOfFiles, choiceOfUrl } from '#lib/state/model-choice.ts';

test('one part of a split model stands for all of them', () => {
  expect(choiceOfUrl(' https://h.example/m/solar-00002-of-00003.gguf?download=true#x ')).toEqual({
    kind: 'urls',
    name: 'solar',
    urls: [1, 2, 3].map((part) => `https://h.example/m/solar-0000${part}-of-00003.gguf?download=true`),
  });
});

test('a plain address is taken as it is', () => {
  expect(choiceOfUrl('https://h.example/a%20b.Q4_0.gguf')).toEqual({
    kind: 'urls',
    name: 'a b.Q4_0',
    urls: ['https://h.example/a%20b.Q4_0.gguf'],
  });
  expect(choiceOfUrl('http://localhost:8080/m.gguf')).not.toBeNull();
});

test.each([
  '',
  'model.gguf',
  'http://h.example/m.gguf',
  'https://h.example/',
  'file:///m.gguf',
  'https://u:p@h.example/m.gguf',
  'javascript:1',
])('refuses %j', (text) => {
  expect(choiceOfUrl(text)).toBeNull();
});

test('a part number without sense asks for the one file only', () => {
  const url = 'https://h.example/m-00001-of-99999.gguf';
  expect(choiceOfUrl(url)).toMatchObject({ urls: [url] });
});

test('of dropped files only the GGUF ones are taken; without one there is no choice', () => {
  const [part, other] = [new File([], 'm-00001-of-00002.GGUF'), new File([], 'notes.txt')];
  expect(choiceOfFiles([other, part])).toMatchObject({ kind: 'files', name: 'm', files: [part] });
  expect(choiceOfFiles([other])).toBeNull();
});
