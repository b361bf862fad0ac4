import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, newConversation } from '#chat/conversation.ts';
import { parseConversation, parseMessage } from '#chat/stored.ts';
import { answer, question } from '#tests/support/chat/messages.ts';

const stats = {
  promptTokens: 10,
  keptTokens: 0,
  completionTokens: 5,
  prefillTokensPerSecond: 100,
  decodeTokensPerSecond: 20,
  secondsToFirstToken: 0.1,
};

describe('parseMessage', () => {
  test('reads an answer back with its numbers', () => {
    const message = answer('1', 'Hi', { parentId: 'q', createdAt: 4, stats, rule: 'pinned' });
    expect(parseMessage(message)).toEqual(message);
  });

  test('reads an answer that was streaming when the page closed as interrupted', () => {
    const stored = { id: '1', role: 'assistant', text: 'Hi', state: 'streaming', model: 'm', stats: null };
    expect(parseMessage(stored)).toMatchObject({ state: 'interrupted', text: 'Hi' });
  });

  test('reads a question back with its files, without those that are none', () => {
    const file = { id: 'f', name: 'a.pdf', format: 'pdf', sizeBytes: 9, characters: 5, pages: 2 };
    const message = question('1', 'Hi', { attachments: [file] });
    expect(parseMessage({ ...message, attachments: [file, 5, { ...file, sizeBytes: '9' }] })).toEqual(message);
    expect(parseMessage({ ...message, attachments: 'none' })).toMatchObject({ attachments: [] });
  });

  test('gives a message of version 1 its place as a root', () => {
    const old = { id: '1', role: 'user', text: 'Hi' };
    expect(parseMessage(old)).toEqual(question('1', 'Hi'));
  });

  test('drops numbers that are not numbers', () => {
    const stored = {
      id: '1',
      role: 'assistant',
      text: '',
      state: 'done',
      model: 'm',
      stats: { ...stats, keptTokens: NaN },
    };
    expect(parseMessage(stored)).toMatchObject({ stats: null });
  });

  test.each([null, 7, {}, { id: '1', role: 'system', text: '' }, { id: '1', role: 'user', text: 5 }])(
    'refuses %j',
    (value) => {
      expect(parseMessage(value)).toBeNull();
    },
  );
});

test('a conversation comes back as it was written', () => {
  const settings = { ...DEFAULT_SETTINGS, instructions: 'Be brief.', temperature: 0.3, seed: 7 };
  const one = { ...newConversation('1', 't', 1, settings), headId: 'm', digest: { upToId: 'm', text: 'so far' } };
  expect(parseConversation(structuredClone(one))).toEqual(one);
});

test('a conversation of version 1 gets the defaults of what it did not have', () => {
  const old = { id: '1', title: 't', createdAt: 1, updatedAt: 1, deletedAt: null };
  expect(parseConversation(old)).toEqual(newConversation('1', 't', 1));
});

test('a conversation without its times is refused; odd marks mean nothing', () => {
  const record = newConversation('1', 't', 1);
  const odd = { ...record, deletedAt: 'yes', pinnedAt: NaN, folder: '', titleBy: 'me', settings: 5, digest: {} };
  expect(parseConversation(odd)).toEqual(record);
  expect(parseConversation({ ...record, createdAt: undefined })).toBeNull();
});
