// Two tabs of the page: two apps with channels, locks and connections of their own over one database.
import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ChatStore } from '#chat/store.ts';
import type { App } from '#lib/state/app.svelte.ts';
import { EMBEDDED_CHOICE } from '#lib/state/embedded.ts';
import { appOver } from './app-over.ts';
import { ScriptedEngine } from './scripted-engine.ts';

let database: string;
let script: ScriptedEngine;
let stores: ChatStore[];

beforeEach(() => {
  database = `daylight-chats-tabs-test-${crypto.randomUUID()}`;
  script = new ScriptedEngine();
  stores = [];
});

afterEach(async () => {
  for (const store of stores) store.close();
  await deleteDB(database);
});

async function newTab(): Promise<App> {
  const app = appOver(script, database, stores);
  await app.start();
  return app;
}

async function ready(): Promise<App> {
  const app = await newTab();
  await app.load(EMBEDDED_CHOICE);
  return app;
}

async function say(app: App, text: string): Promise<void> {
  app.write(text);
  await app.send();
}

const texts = (app: App): string[] => app.session.messages.map(({ text }) => text);

function pause(): { promise: Promise<void>; go: () => void } {
  let go = (): void => undefined;
  const promise = new Promise<void>((resolve) => (go = resolve));
  return { promise, go };
}

test('what is said and renamed in one tab is shown in the other', async () => {
  const [one, other] = [await ready(), await newTab()];
  script.answers = [['Hello'], ['Again']];
  await say(one, 'Hi');
  await vi.waitFor(() => expect(other.shelf.conversations).toMatchObject([{ title: 'Hi' }]));
  const { id } = one.session.conversation!;
  await other.desk.open(id);
  await say(one, 'More');
  await vi.waitFor(() => expect(texts(other)).toEqual(['Hi', 'Hello', 'More', 'Again']));

  await other.desk.rename(id, 'Named there');
  await vi.waitFor(() => expect(one.session.conversation?.title).toBe('Named there'));
  script.answers = [['ok']];
  await say(one, 'Last');
  expect(await stores[0]!.conversation(id)).toMatchObject({ title: 'Named there', titleBy: 'person' });
});

test('a conversation that another tab answers can be read while it is written, and used when it ends', async () => {
  const [one, other] = [await ready(), await ready()];
  const middle = pause();
  script.answers = [['first']];
  await say(one, 'Hi');
  const { id } = one.session.conversation!;
  await other.desk.open(id);

  script.answers = [['half ', middle.promise, 'whole']];
  const sent = say(one, 'Go on');
  await vi.waitFor(() => expect(texts(other)).toEqual(['Hi', 'first', 'Go on', 'half ']), { timeout: 4000 });
  expect(other.session).toMatchObject({ isElsewhere: true, canRegenerate: false });
  expect(other.session.messages.at(-1)).toMatchObject({ state: 'streaming' });
  expect(other.desk.elsewhere.has(id)).toBe(true);
  expect(one.session.isElsewhere).toBe(false);

  const requestCount = script.requests.length;
  await say(other, 'Not now');
  expect(other.session.draft).toBe('Not now');
  expect(script.requests).toHaveLength(requestCount);

  middle.go();
  await sent;
  await vi.waitFor(() => expect(other.session.isElsewhere).toBe(false));
  expect(other.session.messages.at(-1)).toMatchObject({ text: 'half whole', state: 'done' });
  expect(other.desk.elsewhere.size).toBe(0);
  script.answers = [['yes']];
  await other.send();
  expect(texts(other).slice(-2)).toEqual(['Not now', 'yes']);
});

test('two tabs that send at the same moment: one answers, the other keeps its draft', async () => {
  const [one, other] = [await ready(), await ready()];
  script.answers = [['first'], ['a'], ['b']];
  await say(one, 'Hi');
  await other.desk.open(one.session.conversation!.id);
  await vi.waitFor(() => expect(texts(other)).toEqual(['Hi', 'first']));
  await Promise.all([say(one, 'from one'), say(other, 'from other')]);
  await vi.waitFor(() => expect(texts(one)).toEqual(texts(other)));
  const said = texts(one).filter((text) => text.startsWith('from'));
  const kept = [one, other].map(({ session }) => session.draft).filter((draft) => draft !== '');
  expect([...said, ...kept].sort()).toEqual(['from one', 'from other']);
});

test('a conversation deleted in one tab is left in the other, and comes back with undo', async () => {
  const [one, other] = [await ready(), await newTab()];
  script.answers = [['Hello']];
  await say(one, 'Hi');
  const { id } = one.session.conversation!;
  await vi.waitFor(() => expect(other.shelf.conversations).toHaveLength(1));
  await other.desk.open(id);
  await one.desk.remove(id);
  await vi.waitFor(() => expect(other.session.conversation).toBeNull());
  await vi.waitFor(() => expect(other.shelf.conversations).toEqual([]));
  await newTab(); // a third tab that begins now takes nothing away
  await one.desk.undoRemove();
  await vi.waitFor(() => expect(other.shelf.conversations).toHaveLength(1));
});

test('sending in one tab does not take away what is being written in the other', async () => {
  const one = await ready();
  one.write('shared beginning');
  await one.session.flush();
  const other = await newTab();
  expect(other.session.draft).toBe('shared beginning');
  other.write('written in the other tab');
  await other.session.flush();
  script.answers = [['ok']];
  await one.send();
  expect(await stores[0]!.draft('')).toBe('written in the other tab');
  expect(other.session.draft).toBe('written in the other tab');
});

test('who looks at another branch stays there when the other tab goes on', async () => {
  const [one, other] = [await ready(), await newTab()];
  script.answers = [['first'], ['second'], ['third']];
  await say(one, 'Hi');
  await one.regenerate();
  await other.desk.open(one.session.conversation!.id);
  const first = other.session.all.find(({ text }) => text === 'first')!;
  other.session.stepTo(first.id);
  await other.session.flush();
  await vi.waitFor(() => expect(one.session.all).toHaveLength(3));
  expect(texts(one)).toEqual(['Hi', 'second']);
  await say(one, 'More');
  await vi.waitFor(() => expect(other.session.all).toHaveLength(5));
  expect(texts(other)).toEqual(['Hi', 'first']);
});
