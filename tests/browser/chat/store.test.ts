import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Attachment } from '#chat/attachment.ts';
import { newConversation } from '#chat/conversation.ts';
import { ChatStore, headOf } from '#chat/store.ts';
import { answer, chained, question } from '#tests/support/chat/messages.ts';

const DATABASE = 'daylight-chats-test';
let store: ChatStore;

const file = (id: string, conversationId: string, isDraft = false): Attachment => ({
  id,
  conversationId,
  name: 'notes.txt',
  format: 'text',
  sizeBytes: 5,
  characters: 5,
  pages: null,
  isDraft,
  addedAt: 1,
  language: null,
  direction: 'ltr',
  warnings: [],
  standIn: null,
  sections: [{ label: '', page: null, text: 'words' }],
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
  const messages = chained([question('q1'), answer('a1', 'one'), question('q2'), answer('a2', 'two')]);
  await store.write(newConversation('c', 'Hello there', 5), messages);
  await reopen();
  expect(await store.conversations()).toMatchObject([{ id: 'c', title: 'Hello there', updatedAt: 5 }]);
  expect(await store.messages('c')).toEqual(messages);
});

test('an answer saved while it streams is there after a crash, marked as interrupted', async () => {
  const conversation = newConversation('c', 'Hi', 1);
  const [asked, begun] = chained([question('q'), answer('a', '', { state: 'streaming' })]);
  await store.write(conversation, [asked!, begun!]);
  await store.change('c', { updatedAt: 2 }, [{ ...begun!, text: 'half an ans' }]);
  await reopen();
  expect((await store.messages('c'))[1]).toMatchObject({ text: 'half an ans', state: 'interrupted' });
});

test('a change touches what it names, and leaves what another tab has changed meanwhile', async () => {
  await store.write(newConversation('c', 'Hi', 1), chained([question('q'), answer('a'), answer('b')]));
  await store.change('c', { title: 'Named elsewhere', titleBy: 'person' });
  const kept = await store.change('c', { headId: 'a', updatedAt: 7 }, [answer('a', 'changed')], ['b']);
  expect(kept).toMatchObject({ title: 'Named elsewhere', titleBy: 'person', headId: 'a', updatedAt: 7 });
  expect((await store.messages('c')).map(({ id, text }) => [id, text])).toEqual([
    ['a', 'changed'],
    ['q', 'q'],
  ]);
});

test('a change of a conversation that is not kept writes nothing and says so', async () => {
  expect(await store.change('c', { headId: 'q' }, [question('q')])).toBeNull();
  expect(await store.messages('c')).toEqual([]);
});

test('a conversation lies open at its head, or at its newest end when that is gone', async () => {
  const messages = chained([question('q'), answer('a')]);
  expect(headOf({ headId: 'q' }, messages)).toBe('q');
  expect(headOf({ headId: 'gone' }, messages)).toBe('a');
  expect(headOf({ headId: null }, [])).toBeNull();
});

test('messages of one conversation never reach into another', async () => {
  await store.write(newConversation('c', 'Hi', 1), [question('q')]);
  await store.write(newConversation('c1', 'Hi', 2), [question('other')]);
  expect((await store.messages('c')).map(({ id }) => id)).toEqual(['q']);
  expect((await store.conversations()).map(({ id }) => id)).toEqual(['c1', 'c']);
});

test('a removed conversation can be restored until removed ones are erased', async () => {
  await store.write(newConversation('c', 'Hi', 1), [question('q')]);
  await store.writeDraft('c', 'unsent');
  await store.remove('c', 9);
  expect(await store.conversations()).toEqual([]);
  await store.restore('c');
  expect(await store.conversations()).toHaveLength(1);
  expect(await store.messages('c')).toHaveLength(1);

  await store.remove('c', 9);
  await store.attachments.write([file('f', 'c'), file('g', 'other')]);
  await store.erase({ before: 9 });
  expect(await store.conversation('c')).not.toBeNull();
  await store.erase({ before: 10 });
  await store.restore('c');
  expect(await store.conversations()).toEqual([]);
  expect(await store.messages('c')).toEqual([]);
  expect(await store.draft('c')).toBe('');
  expect(await store.attachments.read('f')).toBeNull();
  expect(await store.attachments.read('g')).not.toBeNull();
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
  await store.write(newConversation('c', 'Hi', 1), [question('q')]);
  const raw = await openDB(DATABASE);
  await raw.put('conversations', { id: 'broken' });
  await raw.put('messages', { id: 'x', conversationId: 'c', text: 5 });
  raw.close();
  expect((await store.conversations()).map(({ id }) => id)).toEqual(['c']);
  expect(await store.messages('c')).toHaveLength(1);
});

test('lets a newer version of the page upgrade instead of blocking it', async () => {
  const upgraded = await openDB(DATABASE, 3);
  expect(upgraded.version).toBe(3);
  upgraded.close();
});

test('a database of a newer version is refused by name, not damaged', async () => {
  store.close();
  (await openDB(DATABASE, 3)).close();
  await expect(ChatStore.open(DATABASE)).rejects.toMatchObject({ code: 'chats-unavailable' });
});

test('the files of a draft are given to the conversation that it begins', async () => {
  await store.attachments.write([file('f', '', true)]);
  await store.attachments.give(['f', 'unknown'], 'c');
  expect(await store.attachments.of('')).toEqual([]);
  expect(await store.attachments.of('c')).toEqual([file('f', 'c')]);
  await store.attachments.remove(['f']);
  expect(await store.attachments.of('c')).toEqual([]);
});

test('kept prompts come back until they are removed', async () => {
  const prompt = { id: 'p', name: 'Summary', text: 'Summarise {{text}}', updatedAt: 3 };
  await store.prompts.write(prompt);
  await reopen();
  expect(await store.prompts.all()).toEqual([prompt]);
  await store.prompts.remove('p');
  expect(await store.prompts.all()).toEqual([]);
});
