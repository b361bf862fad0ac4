import { expect, test } from 'vitest';
import type { ModelInfo } from '#engine/protocol/info.ts';
import {
  choiceOfFiles,
  choiceOfUrl,
  choiceToGoOn,
  isChoiceOf,
  sourceOf,
  storedChoice,
} from '#lib/state/model-choice.ts';

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

const stored = (changes: Partial<ModelInfo>): ModelInfo => ({
  key: 'solar-1',
  name: 'SOLAR Q4_K_M',
  state: 'importing',
  storedBytes: 1,
  totalBytes: 2,
  catalogId: null,
  licence: null,
  completedAt: null,
  verifiedAt: null,
  contentHash: null,
  architecture: 'llama',
  contextLength: 4096,
  parameterCount: 1,
  source: '',
  ...changes,
});

test('an unfinished model of the catalog is gone on with by its id, under the name of its variant', () => {
  const model = stored({ catalogId: 'solar-q4_k_m' });
  const choice = choiceToGoOn(model)!;
  expect(choice).toEqual({ kind: 'catalog', name: 'SOLAR Q4_K_M', model: 'solar-q4_k_m' });
  expect(isChoiceOf(choice, model)).toBe(true);
});

test('an unfinished model from the web is gone on with from its addresses, one from a file is not', () => {
  const urls = ['https://h.example/a.gguf', 'https://h.example/b.gguf'];
  expect(choiceToGoOn(stored({ source: urls.join(' ') }))).toMatchObject({ kind: 'urls', urls });
  expect(choiceToGoOn(stored({ source: 'my model.gguf' }))).toBeNull();
  expect(choiceToGoOn(stored({ source: '' }))).toBeNull();
});

test('a stored model of the catalog is loaded by its id, so that a damaged piece of it can be fetched again', () => {
  expect(sourceOf(storedChoice(stored({ catalogId: 'solar' })))).toEqual({ model: 'solar' });
  expect(sourceOf(storedChoice(stored({})))).toEqual({ stored: 'solar-1' });
});
