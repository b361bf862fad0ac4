import { describe, expect, test } from 'vitest';
import { canRegenerate, promptOf, titleOf } from '#chat/conversation.ts';
import type { AssistantMessage, Message, UserMessage } from '#chat/conversation.ts';
import * as made from '#tests/support/chat/messages.ts';

const user = (text: string): UserMessage => made.question(`u-${text}`, text);
const answer = (text: string, state: AssistantMessage['state'] = 'done'): AssistantMessage =>
  made.answer(`a-${text}`, text, { state });

describe('titleOf', () => {
  test('takes the first line that says something, without its markup', () => {
    expect(titleOf('\n\n## Why is   the sky blue?\nTell me')).toBe('Why is the sky blue?');
    expect(titleOf('```js\nlet x = 1;\n```')).toBe('let x = 1;');
  });

  test('cuts a long line at a word and marks the cut', () => {
    const title = titleOf('word '.repeat(40));
    expect([...title].length).toBeLessThanOrEqual(64);
    expect(title).toMatch(/word…$/);
  });

  test('cuts text without spaces between characters, never inside one', () => {
    const title = titleOf('🌞'.repeat(100));
    expect([...title].length).toBe(64);
    expect(title).not.toMatch(/\p{Surrogate}/u);
  });

  test('is empty for a text of white space', () => {
    expect(titleOf(' \n\t ')).toBe('');
  });
});

describe('promptOf', () => {
  test('keeps a partial answer and leaves out one that never began', () => {
    const messages: Message[] = [user('a'), answer('part', 'stopped'), user('b'), answer('', 'failed')];
    expect(promptOf(messages)).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'part' },
      { role: 'user', content: 'b' },
    ]);
  });

  test('joins two questions whose answer never began, so that turns alternate', () => {
    const messages: Message[] = [user('a'), answer('', 'failed'), user('b')];
    expect(promptOf(messages)).toEqual([{ role: 'user', content: 'a\n\nb' }]);
    expect(messages[0]).toEqual(user('a'));
  });
});

test('a last question, and a last answer to one, can be answered once more', () => {
  expect(canRegenerate([user('a'), answer('b')])).toBe(true);
  expect(canRegenerate([user('a')])).toBe(true);
  expect(canRegenerate([answer('b')])).toBe(false);
  expect(canRegenerate([])).toBe(false);
});
