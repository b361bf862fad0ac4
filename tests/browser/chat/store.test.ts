import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newConversation } from '#chat/conversation.ts';
import type { Message } from '#chat/conversation.ts';
import { ChatStore } from '#chat/store.ts';

const DATABASE = 'daylight-chats-test';
let store: ChatStore;

const question = (id: string, text = id): Message => ({ id, role: 'user', text });
const answer = (id: string, text: string, state: 'streaming' | 'done' = 'done'): Message => ({
  id,
  role: 'assistant',
  text,
  state,
  model: 'm',
  stats: null,
});

beforeEach(async () => {
  store = await ChatStore.open(DATABASE);
});

afterEach(async () => {
  store.close();
  await deleteDB(DATABASE);
});

async function reopen(): Promise<void> {
  store.close();
  store = await ChatStore.open(DATABASE);
}

test('a conversation and its messages come back in order after the database is opened again', async () => {
  const messages = [question('q1'), answer('a1', 'one'), question('q2'), answer('a2', 'two')];
  await store.write(newConversation('c', 'Hello there', 5), messages, 0);
  await reopen();
  expect(await store.conversations()).toMatchObject([{ id: 'c', title: 'Hello there', updatedAt: 5 }]);
  expect(await store.messages('c')).toEqual(messages);
});

test('an answer saved while it streams is there after a crash, marked as interrupted', async () => {
  const conversation = newConversation('c', 'Hi', 1);
  await store.write(conversation, [question('q'), answer('a', '', 'streaming')], 0);
  await store.write(conversation, [question('q'), answer('a', 'half an ans', 'streaming')], 1);
  await reopen();
  expect((await store.messages('c'))[1]).toMatchObject({ text: 'half an ans', state: 'interrupted' });
});

test('a shorter conversation erases the messages it no longer has', async () => {
  const conversation = newConversation('c', 'Hi', 1);
  await store.write(conversation, [question('q'), answer('a', 'x'), question('q2'), answer('b', 'y')], 0);
  await store.write(conversation, [question('q'), answer('a2', 'again')], 1);
  expect((await store.messages('c')).map(({ id }) => id)).toEqual(['q', 'a2']);
});

test('messages of one conversation never reach into another', async () => {
  await store.write(newConversation('c', 'Hi', 1), [question('q')], 0);
  await store.write(newConversation('c1', 'Hi', 2), [question('other')], 0);
  expect((await store.messages('c')).map(({ id }) => id)).toEqual(['q']);
  expect((await store.conversations()).map(({ id }) => id)).toEqual(['c1', 'c']);
});

test('a removed conversation can be restored until removed ones are erased', async () => {
  await store.write(newConversation('c', 'Hi', 1), [question('q')], 0);
  await store.writeDraft('c', 'unsent');
  await store.remove('c', 9);
  expect(await store.conversations()).toEqual([]);
  await store.restore('c');
  expect(await store.conversations()).toHaveLength(1);
  expect(await store.messages('c')).toHaveLength(1);

  await store.remove('c', 9);
  await store.erase();
  await store.restore('c');
  expect(await store.conversations()).toEqual([]);
  expect(await store.messages('c')).toEqual([]);
  expect(await store.draft('c')).toBe('');
});

test('drafts and settings are kept, and an empty one leaves nothing behind', async () => {
  await store.writeDraft('', 'new chat');
  await store.writeSetting('open-conversation', 'c');
  await reopen();
  expect(await store.draft('')).toBe('new chat');
  expect(await store.setting('open-conversation')).toBe('c');
  await store.writeDraft('', '');
  await store.writeSetting('open-conversation', null);
  expect(await store.draft('')).toBe('');
  expect(await store.setting('open-conversation')).toBeNull();
});

test('an ill-formed record is left out and the rest is read', async () => {
  await store.write(newConversation('c', 'Hi', 1), [question('q')], 0);
  const raw = await openDB(DATABASE);
  await raw.put('conversations', { id: 'broken' });
  await raw.put('messages', 'not a message', ['c', 1]);
  raw.close();
  expect((await store.conversations()).map(({ id }) => id)).toEqual(['c']);
  expect(await store.messages('c')).toHaveLength(1);
});

test('lets a newer version of the page upgrade instead of blocking it', async () => {
  const upgraded = await openDB(DATABASE, 2);
  expect(upgraded.version).toBe(2);
  upgraded.close();
});

test('a database of a newer version is refused by name, not damaged', async () => {
  store.close();
  (await openDB(DATABASE, 2)).close();
  await expect(ChatStore.open(DATABASE)).rejects.toMatchObject({ code: 'chats-unavailable' });
});
