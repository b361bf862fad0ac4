import { expect, test } from 'vitest';
import { afterDigest, exchangesOf, writePrompt, type PromptInputs, type SaidMessage } from '#chat/prompt.ts';

const said = (id: string, role: SaidMessage['role'], text: string): SaidMessage => ({ id, role, text, rule: 'auto' });
const PLAIN: PromptInputs = { instructions: '', digest: null, restates: false, textOf: ({ name }) => `[${name}]` };
const TALK = [
  said('q0', 'user', 'One?'),
  said('a0', 'assistant', '1'),
  said('q1', 'user', 'Two?'),
  said('a1', 'assistant', '2'),
  said('q2', 'user', 'Three?'),
];

test('joins questions that were never answered to the next one', () => {
  const branch = [said('x', 'user', 'First'), said('y', 'assistant', ''), said('z', 'user', 'Second')];
  const exchanges = exchangesOf(branch);
  expect(exchanges.map(({ ids }) => ids)).toEqual([['x', 'y', 'z']]);
  expect(writePrompt(exchanges, PLAIN)).toEqual([{ role: 'user', content: 'First\n\nSecond' }]);
});

test('writes instructions once, in the system text', () => {
  expect(writePrompt(exchangesOf(TALK), { ...PLAIN, instructions: ' Be brief. ' })[0]).toEqual({
    role: 'system',
    content: 'Be brief.',
  });
});

test('says the instructions again before every later question, alike in every later prompt', () => {
  const inputs = { ...PLAIN, instructions: 'Be brief.', restates: true };
  const earlier = writePrompt(exchangesOf(TALK.slice(0, 3)), inputs);
  const later = writePrompt(exchangesOf(TALK), inputs);
  expect(later.map(({ content }) => content)).toEqual([
    'Be brief.',
    'One?',
    '1',
    'Be brief.\n\nTwo?',
    '2',
    'Be brief.\n\nThree?',
  ]);
  // What the cache holds after the earlier prompt is the beginning of the later one.
  expect(later.slice(0, earlier.length)).toEqual(earlier);
});

test('puts a digest in the place of what it stands for, and leaves pinned turns as they are', () => {
  const digest = { upToId: 'a1', text: 'They counted.' };
  const exchanges = exchangesOf(TALK);
  expect(writePrompt(afterDigest(exchanges, digest), { ...PLAIN, digest }).map(({ content }) => content)).toEqual([
    'What was said before, in short:\nThey counted.',
    'Three?',
  ]);
  const pinned = exchangesOf(TALK.map((one) => (one.id === 'q0' ? { ...one, rule: 'pinned' as const } : one)));
  expect(afterDigest(pinned, digest).map(({ ids }) => ids[0])).toEqual(['q0', 'q2']);
});

test('puts files before the question they came with', () => {
  const file = { id: 'f', name: 'a.pdf', format: 'pdf', sizeBytes: 1, characters: 1, pages: 1 };
  const [message] = writePrompt(exchangesOf([{ ...said('q', 'user', 'What?'), attachments: [file] }]), PLAIN);
  expect(message!.content).toBe('[a.pdf]\n\nWhat?');
});
