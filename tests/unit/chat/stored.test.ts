import { describe, expect, test } from 'vitest';
import { parseConversation, parseMessage } from '#chat/stored.ts';

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
    const message = { id: '1', role: 'assistant', text: 'Hi', state: 'done', model: 'm', stats };
    expect(parseMessage(message)).toEqual(message);
  });

  test('reads an answer that was streaming when the page closed as interrupted', () => {
    const stored = { id: '1', role: 'assistant', text: 'Hi', state: 'streaming', model: 'm', stats: null };
    expect(parseMessage(stored)).toMatchObject({ state: 'interrupted', text: 'Hi' });
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

test('a conversation without its times is refused; an odd deletion mark means it is there', () => {
  const record = { id: '1', title: 't', createdAt: 1, updatedAt: 2, deletedAt: 'yes' };
  expect(parseConversation(record)).toEqual({ ...record, deletedAt: null });
  expect(parseConversation({ ...record, createdAt: undefined })).toBeNull();
});
