// The list of conversations: its groups, its search, and what can be done with one; and files of them, out and in.
import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { newConversation } from '#chat/conversation.ts';
import type { Conversation } from '#chat/conversation.ts';
import { foldersOf, groupConversations } from '#chat/shelf-groups.ts';
import { ChatStore } from '#chat/store.ts';
import type { App } from '#lib/state/app.svelte.ts';
import ConversationList from '#lib/ui/ConversationList.svelte';
import { chatGptConversation, openWebUiChat } from '#tests/support/chat/exports.ts';
import { answer, chained, question } from '#tests/support/chat/messages.ts';
import { appOver } from './app-over.ts';
import { render } from './render.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const DATABASE = 'daylight-chats-list-test';
let stores: ChatStore[];

beforeEach(() => (stores = []));

afterEach(async () => {
  for (const store of stores) store.close();
  await deleteDB(DATABASE);
});

async function newApp(): Promise<App> {
  const app = appOver(new ScriptedEngine(), DATABASE, stores);
  await app.start();
  return app;
}

/** An app with conversations named by their texts. */
async function appWith(texts: Record<string, string>): Promise<App> {
  const store = await ChatStore.open(DATABASE);
  for (const [id, text] of Object.entries(texts)) {
    const messages = chained([question(`q-${id}`, text), answer(`a-${id}`, `About ${text}`)]);
    await store.write({ ...newConversation(id, text, Date.now()), headId: `a-${id}` }, messages);
  }
  store.close();
  return newApp();
}

function show(conversations: readonly Conversation[]) {
  const acts = {
    onopen: vi.fn(),
    onrename: vi.fn(),
    onpin: vi.fn(),
    onarchive: vi.fn(),
    onfolder: vi.fn(),
    onremove: vi.fn(),
    onexport: vi.fn(),
  };
  const more = { onsearch: vi.fn(), onfolderrename: vi.fn(), onmanage: vi.fn(), onstart: vi.fn() };
  render(ConversationList, {
    conversations,
    groups: groupConversations(conversations, Date.now()),
    folders: foldersOf(conversations),
    openId: null,
    acts,
    search: { query: '', hits: null, isPreparing: false },
    ...more,
  });
  return { ...acts, ...more };
}

test('a conversation is renamed and put into a folder by the keyboard', async () => {
  const acts = show([newConversation('c', 'First words', Date.now())]);
  page.getByRole('button', { name: 'More for “First words”' }).element().focus();
  await userEvent.keyboard('{Enter}');
  await page.getByRole('button', { name: 'Rename' }).click();
  await userEvent.keyboard('A better name{Enter}');
  expect(acts.onrename).toHaveBeenCalledWith('c', 'A better name');
  await page.getByRole('button', { name: 'More for “First words”' }).click();
  await page.getByRole('button', { name: 'Folder…' }).click();
  await userEvent.keyboard('Work{Enter}');
  expect(acts.onfolder).toHaveBeenCalledWith('c', 'Work');
  await page.getByRole('button', { name: 'More for “First words”' }).click();
  await userEvent.keyboard('{Escape}');
  await expect.element(page.getByRole('button', { name: 'Rename' })).not.toBeInTheDocument();
  await expect.element(page.getByRole('button', { name: 'More for “First words”' })).toHaveFocus();
});

test('groups say what they hold, archived conversations lie apart', async () => {
  const now = Date.now();
  show([
    { ...newConversation('p', 'Held', now), pinnedAt: now },
    { ...newConversation('f', 'Filed', now), folder: 'Work' },
    newConversation('t', 'Loose', now),
    { ...newConversation('a', 'Away', now), archivedAt: now },
  ]);
  for (const [name, title] of [
    ['Pinned', 'Held'],
    ['Work', 'Filed'],
    ['Today', 'Loose'],
  ]) {
    await expect.element(page.getByRole('region', { name: name! }).getByText(title!)).toBeVisible();
  }
  await expect.element(page.getByText('Away')).not.toBeVisible();
  await page.getByText('Archive (1)').click();
  await expect.element(page.getByText('Away')).toBeVisible();
});

test('two thousand conversations are listed in a moment, a part at a time', async () => {
  const many = Array.from({ length: 2000 }, (_, at) => newConversation(`c${at}`, `Title ${at}`, Date.now() - at));
  const started = performance.now();
  show(many);
  await expect.element(page.getByRole('button', { name: 'Title 0', exact: true })).toBeInTheDocument();
  expect(performance.now() - started).toBeLessThan(3000);
  expect(document.querySelectorAll('li')).toHaveLength(150);
  await page.getByRole('button', { name: 'Show more' }).click();
  expect(document.querySelectorAll('li')).toHaveLength(300);
});

test('a search finds messages, follows what changes, and leads to the message on its branch', async () => {
  const app = await appWith({ c: 'tides and moons', d: 'bread' });
  const { search } = app.desk;
  await search.find('moon');
  expect(search.hits).toMatchObject([{ conversationId: 'c' }]);
  const other = answer('other', 'Lunar words', { parentId: 'q-c', createdAt: 1 });
  await stores[0]!.change('c', { updatedAt: Date.now() + 5 }, [other]);
  await app.shelf.refresh();
  await search.find('lunar');
  expect(search.hits).toMatchObject([{ conversationId: 'c', messageId: 'other' }]);
  await app.desk.open('c', 'other');
  expect(app.session.messages.map(({ id }) => id)).toEqual(['q-c', 'other']);
  expect(app.desk.marked).toBe('other');
  await app.desk.remove('d');
  await search.find('bread');
  expect(search.hits).toEqual([]);
  await search.find('');
  expect(search.hits).toBeNull();
});

const jsonFile = (value: unknown): File => new File([JSON.stringify(value)], 'export.json');
const said = [
  { id: 'q', parent: null, role: 'user', text: 'Why?' },
  { id: 'a', parent: 'q', role: 'assistant', text: 'So.' },
];

test('exports of other programs come in once, and grow when they come again with more', async () => {
  const app = await newApp();
  const { transfer } = app.desk;
  await transfer.import(jsonFile([chatGptConversation('x', 'Tides', said), {}]));
  expect(transfer.outcome).toEqual({ newCount: 1, grownCount: 0, knownCount: 0, brokenCount: 1 });
  await transfer.import(jsonFile([openWebUiChat('y', 'Colours', said)]));
  expect(app.shelf.conversations.map(({ title }) => title).sort()).toEqual(['Colours', 'Tides']);

  await transfer.import(jsonFile([chatGptConversation('x', 'Renamed', said)]));
  expect(transfer.outcome).toMatchObject({ newCount: 0, knownCount: 1 });
  const more = [...said, { id: 'q2', parent: 'a', role: 'user', text: 'And?' }];
  await transfer.import(jsonFile([chatGptConversation('x', 'Renamed', more)]));
  expect(transfer.outcome).toMatchObject({ grownCount: 1 });
  expect(await stores[0]!.conversation('chatgpt-x')).toMatchObject({ title: 'Tides' });
  expect(await stores[0]!.messages('chatgpt-x')).toHaveLength(3);
});

const WORDS = {
  untitled: 'Untitled',
  you: 'You',
  model: 'Model',
  exportedOn: '',
  attached: (name: string) => name,
  date: () => '',
  lang: 'en',
  dir: 'ltr' as const,
};

test('what one browser exports another one has, and a file never takes messages away from another conversation', async () => {
  const app = await appWith({ c: 'tides', d: 'bread' });
  const { transfer } = app.desk;
  const file = await transfer.export('json', null, WORDS);
  expect(file?.name).toBe('Daylight.json');
  const text = await file!.blob.text();
  await transfer.import(new File([text], 'a.json'));
  expect(transfer.outcome).toMatchObject({ newCount: 0, knownCount: 2 });

  const foreign = text.replaceAll('"id":"c"', '"id":"other"');
  await transfer.import(new File([foreign], 'b.json'));
  expect(transfer.outcome).toMatchObject({ newCount: 1, knownCount: 1 });
  expect((await stores[0]!.messages('c')).map((one) => one.text)).toEqual(['tides', 'About tides']);
  expect((await stores[0]!.messages('other')).map((one) => one.text)).toEqual(['tides', 'About tides']);
});

test('a ZIP is searched for ChatGPT’s file, and one without it is told', async () => {
  const { writeZip } = await import('#documents/docx/zip.ts');
  const bytes = new TextEncoder().encode(JSON.stringify([chatGptConversation('z', 'Zipped', said)]));
  const { transfer, shelf } = (await newApp()).desk;
  await transfer.import(new File([writeZip([{ name: 'conversations.json', bytes }])], 'chatgpt.zip'));
  expect(shelf.conversations).toMatchObject([{ title: 'Zipped' }]);
  await transfer.import(new File([writeZip([{ name: 'other.json', bytes }])], 'other.zip'));
  expect(transfer.error?.code).toBe('chats-file-unknown');
  await transfer.import(new File(['PK\u0003\u0004cut'], 'cut.zip'));
  expect(transfer.error?.code).toBe('chats-file-damaged');
  expect(shelf.conversations).toHaveLength(1);
});

test('folders are renamed and taken away with their conversations kept, and the archive is not searched away', async () => {
  const app = await appWith({ c: 'tides', d: 'bread' });
  await app.desk.putInto('c', ' Work ');
  await app.desk.renameFolder('Work', 'Home');
  expect(await stores[0]!.conversation('c')).toMatchObject({ folder: 'Home' });
  await app.desk.renameFolder('Home', '');
  expect(await stores[0]!.conversation('c')).toMatchObject({ folder: null });
  await app.desk.archive('d', true);
  await app.desk.search.find('bread');
  expect(app.desk.search.hits).toHaveLength(1);
});
