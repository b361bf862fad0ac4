// Databases as version 1 of the schema wrote them, opened by today's store.
import { deleteDB, openDB } from 'idb';
import { afterEach, expect, test } from 'vitest';
import { ChatStore } from '#chat/store.ts';
import { pathTo } from '#chat/tree.ts';

const DATABASE = 'daylight-chats-migration-test';
let store: ChatStore | undefined;

afterEach(async () => {
  store?.close();
  await deleteDB(DATABASE);
});

/** The schema of version 1, with records as its page wrote them. */
async function writeVersion1(messages: readonly [unknown, [string, number]][]): Promise<void> {
  const db = await openDB(DATABASE, 1, {
    upgrade(created) {
      created.createObjectStore('conversations', { keyPath: 'id' });
      created.createObjectStore('messages');
      created.createObjectStore('drafts');
      created.createObjectStore('settings');
    },
  });
  await db.put('conversations', { id: 'c', title: 'First', createdAt: 100, updatedAt: 300, deletedAt: null });
  await db.put('conversations', { id: 'd', title: 'Gone', createdAt: 50, updatedAt: 60, deletedAt: 70 });
  for (const [message, key] of messages) await db.put('messages', message, key);
  await db.put('drafts', 'unsent', 'c');
  await db.put('settings', 'c', 'open-conversation');
  db.close();
}

const asked = (id: string): unknown => ({ id, role: 'user', text: `text of ${id}` });
const answered = (id: string, state = 'done'): unknown => ({
  id,
  role: 'assistant',
  text: `text of ${id}`,
  state,
  model: 'm',
  stats: null,
});

test('every conversation of version 1 becomes one branch that ends with its last message', async () => {
  await writeVersion1([
    [asked('q1'), ['c', 0]],
    [answered('a1'), ['c', 1]],
    [asked('q2'), ['c', 2]],
    [answered('a2', 'streaming'), ['c', 3]],
    [asked('x'), ['d', 0]],
  ]);
  store = await ChatStore.open(DATABASE);
  const [conversation] = await store.conversations();
  expect(conversation).toMatchObject({ id: 'c', title: 'First', updatedAt: 300, headId: 'a2', titleBy: 'text' });
  const messages = await store.messages('c');
  expect(pathTo(messages, 'a2').map(({ id, text }) => [id, text])).toEqual(
    ['q1', 'a1', 'q2', 'a2'].map((id) => [id, `text of ${id}`]),
  );
  expect(messages.at(-1)).toMatchObject({ state: 'interrupted', model: 'm' });
  expect(await store.draft('c')).toBe('unsent');
  expect(await store.setting('open-conversation')).toBe('c');
});

test('a deletion that could be undone in version 1 still can', async () => {
  await writeVersion1([[asked('x'), ['d', 0]]]);
  store = await ChatStore.open(DATABASE);
  await store.restore('d');
  expect((await store.conversations()).map(({ id }) => id)).toEqual(['c', 'd']);
  expect(await store.messages('d')).toMatchObject([{ id: 'x' }]);
});

test('ids that two conversations share are told apart, and what is no message is left out', async () => {
  await writeVersion1([
    [asked('same'), ['c', 0]],
    ['no message', ['c', 1]],
    [answered('a'), ['c', 2]],
    [asked('same'), ['d', 0]],
  ]);
  store = await ChatStore.open(DATABASE);
  expect((await store.messages('c')).map(({ id, parentId }) => [id, parentId])).toEqual([
    ['same', null],
    ['a', 'same'],
  ]);
  expect(await store.messages('d')).toMatchObject([{ text: 'text of same', parentId: null }]);
});

test('a migrated database goes on as one of this version', async () => {
  await writeVersion1([[asked('q'), ['c', 0]]]);
  store = await ChatStore.open(DATABASE);
  await store.change('c', { title: 'Renamed' });
  store.close();
  store = await ChatStore.open(DATABASE);
  expect(await store.conversations()).toMatchObject([{ title: 'Renamed', headId: 'q' }]);
});

test('ten thousand messages are migrated in seconds', async () => {
  const many = Array.from({ length: 10_000 }, (_, at): [unknown, [string, number]] => [asked(`q${at}`), ['c', at]]);
  const db = await openDB(DATABASE, 1, {
    upgrade(created) {
      created.createObjectStore('conversations', { keyPath: 'id' });
      created.createObjectStore('messages');
      created.createObjectStore('drafts');
      created.createObjectStore('settings');
    },
  });
  const tx = db.transaction(['conversations', 'messages'], 'readwrite');
  await tx.objectStore('conversations').put({ id: 'c', title: 't', createdAt: 1, updatedAt: 1, deletedAt: null });
  await Promise.all(many.map(([message, key]) => tx.objectStore('messages').put(message, key)));
  await tx.done;
  db.close();
  const started = performance.now();
  store = await ChatStore.open(DATABASE);
  const elapsedMs = performance.now() - started;
  expect(await store.messages('c')).toHaveLength(10_000);
  expect(elapsedMs).toBeLessThan(15_000);
});
