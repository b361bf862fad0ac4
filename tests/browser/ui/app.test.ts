import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '#base/errors.ts';
import type { ChatStore } from '#chat/store.ts';
import type { App } from '#lib/state/app.svelte.ts';
import type { Outside } from '#lib/state/app.svelte.ts';
import { EMBEDDED_CHOICE } from '#lib/state/embedded.ts';
import { browserTabs } from '#lib/state/tabs.ts';
import { appOver } from './app-over.ts';
import { MODEL, STATS, ScriptedEngine } from './scripted-engine.ts';

const DATABASE = 'daylight-chats-app-test';
const LOST = new AppError('device-lost', { reason: 'unknown', message: 'gone' });
let script: ScriptedEngine;
let stores: ChatStore[];

beforeEach(() => {
  script = new ScriptedEngine();
  stores = [];
});

afterEach(async () => {
  for (const store of stores) store.close();
  await deleteDB(DATABASE);
});

const newApp = (changes: Partial<Outside> = {}): App => appOver(script, DATABASE, stores, changes);

async function readyApp(): Promise<App> {
  const app = newApp();
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  return app;
}

async function say(app: App, text: string): Promise<void> {
  app.write(text);
  await app.send();
}

const texts = (app: App): string[] => app.session.messages.map(({ text }) => text);
/** A promise and what resolves it: a place in an answer where the test decides how long it takes. */
function pause(): { promise: Promise<void>; go: () => void } {
  let go = (): void => undefined;
  const promise = new Promise<void>((resolve) => (go = resolve));
  return { promise, go };
}

test('a first visit starts no engine and reads no model', async () => {
  const connect = vi.fn(async () => script.engine);
  const app = newApp({ connect });
  await app.start();
  expect(connect).not.toHaveBeenCalled();
  expect(app.model.status).toBe('none');
});

test('an answer streams in, keeps its numbers, and is there after a reload with its title', async () => {
  const app = await readyApp();
  script.answers = [['Good ', 'morning.']];
  await say(app, 'Hello you');
  expect(texts(app)).toEqual(['Hello you', 'Good morning.']);
  expect(app.session.messages[1]).toMatchObject({ state: 'done', stats: STATS, model: MODEL.name });

  const again = newApp();
  await again.start();
  expect(texts(again)).toEqual(['Hello you', 'Good morning.']);
  expect(again.shelf.conversations).toMatchObject([{ title: 'Hello you' }]);
  expect(again.model.status).toBe('none');
});

test('the model is given the whole conversation in turns', async () => {
  const app = await readyApp();
  script.answers = [['one'], ['two']];
  await say(app, 'first');
  await say(app, 'second');
  expect(script.requests[1]?.messages).toEqual([
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'one' },
    { role: 'user', content: 'second' },
  ]);
});

test('a stopped answer keeps what it has, and can be asked for again', async () => {
  const app = await readyApp();
  const middle = pause();
  script.answers = [['half ', middle.promise, 'whole'], ['another']];
  const sent = say(app, 'Hi');
  await vi.waitFor(() => expect(texts(app)[1]).toBe('half '));
  expect(app.session.canRegenerate).toBe(false);
  app.session.stop();
  middle.go();
  await sent;
  expect(app.session.messages[1]).toMatchObject({ text: 'half ', state: 'stopped' });
  await app.regenerate();
  expect(texts(app)).toEqual(['Hi', 'another']);
});

test('what has streamed is saved before the answer ends', async () => {
  const app = await readyApp();
  const middle = pause();
  script.answers = [['partial ', middle.promise, 'rest']];
  const sent = say(app, 'Hi');
  await vi.waitFor(
    async () => {
      const other = newApp({ tabs: browserTabs('of a later visit') }); // which knows of nobody who answers
      await other.start();
      expect(other.session.messages[1]).toMatchObject({ text: 'partial ', state: 'interrupted' });
    },
    { timeout: 3000 },
  );
  middle.go();
  await sent;
});

test('a failed answer says why and leaves the conversation usable', async () => {
  const app = await readyApp();
  script.answers = [['some ', new AppError('library-trap', { reason: 'x' })], ['fine']];
  await say(app, 'Hi');
  expect(app.session.error?.code).toBe('library-trap');
  expect(app.session.messages[1]).toMatchObject({ text: 'some ', state: 'failed' });
  expect(app.session.busy).toBe(false);
  await app.regenerate();
  expect(app.session.error).toBeNull();
  expect(texts(app)).toEqual(['Hi', 'fine']);
});

test('a question that does not fit is not sent, not cut, and stays in the field', async () => {
  const app = await readyApp();
  const long = 'word '.repeat(2000);
  await say(app, long);
  expect(script.requests).toHaveLength(0);
  expect(app.session.draft).toBe(long);
  expect(app.context.plan).toMatchObject({ fits: false });
  expect(app.context.plan!.overTokens).toBeGreaterThan(1000);
});

test('an answer may be as long as the context has room for', async () => {
  script.contextLength = 400;
  const app = await readyApp();
  script.answers = [['ok']];
  await say(app, 'Hi');
  const most = script.requests[0]!.max_tokens!;
  expect(most).toBeGreaterThan(64);
  expect(most).toBeLessThan(400);
});

test('a message written while the model loads is sent when it is ready', async () => {
  const app = newApp();
  await app.start();
  const loading = pause();
  script.loads = [[loading.promise]];
  script.answers = [['Hello']];
  const loaded = app.load(EMBEDDED_CHOICE);
  await say(app, 'early');
  expect(app.queued).toBe(true);
  loading.go();
  await loaded;
  await vi.waitFor(() => expect(texts(app)).toEqual(['early', 'Hello']));
  expect(app.queued).toBe(false);
});

test('the unsent draft is kept for each conversation', async () => {
  const app = await readyApp();
  script.answers = [['a']];
  await say(app, 'Hi');
  app.write('unsent here');
  await app.desk.startNew();
  app.write('unsent there');
  const { id } = app.shelf.conversations[0]!;
  await app.desk.open(id);
  expect(app.session.draft).toBe('unsent here');
  await app.desk.startNew();
  expect(app.session.draft).toBe('unsent there');
});

test('a deleted conversation comes back by undo', async () => {
  const app = await readyApp();
  script.answers = [['a']];
  await say(app, 'Hi');
  const { id } = app.shelf.conversations[0]!;
  await app.desk.remove(id);
  expect(app.shelf.conversations).toEqual([]);
  expect(app.session.messages).toEqual([]);
  await app.desk.undoRemove();
  await app.desk.open(id);
  expect(texts(app)).toEqual(['Hi', 'a']);
});

test('deleting a conversation while it is answered does not bring it back', async () => {
  const app = await readyApp();
  const never = pause();
  script.answers = [['half ', never.promise]];
  void say(app, 'Hi');
  await vi.waitFor(() => expect(texts(app)[1]).toBe('half '));
  await app.desk.remove(app.session.conversation!.id);
  await app.desk.forgetRemoved();
  const again = newApp();
  await again.start();
  expect(again.shelf.conversations).toEqual([]);
  expect(again.session.messages).toEqual([]);
});

test('a cancelled load is no error', async () => {
  const app = newApp();
  await app.start();
  script.loads = [[pause().promise]];
  const loaded = app.load(EMBEDDED_CHOICE);
  await vi.waitFor(() => expect(script.loadRequests).toHaveLength(1));
  app.model.cancel();
  expect(await loaded).toBe(false);
  expect(app.model.status).toBe('none');
  expect(app.model.error).toBeNull();
});

test('a failed load says why, and the next one starts afresh', async () => {
  const app = newApp();
  await app.start();
  script.loads = [[new AppError('storage-full', { neededBytes: 5, freeBytes: 1, quotaBytes: 2 })]];
  expect(await app.load(EMBEDDED_CHOICE)).toBe(false);
  expect(app.model).toMatchObject({ status: 'failed', error: { code: 'storage-full' } });
  expect(await app.load(EMBEDDED_CHOICE)).toBe(true);
  expect(app.model).toMatchObject({ status: 'ready', error: null });
});

test('an engine that could not start is started again by the next try', async () => {
  const connect = vi
    .fn(async () => script.engine)
    .mockRejectedValueOnce(new AppError('engine-died', { reason: 'no script' }));
  const app = newApp({ connect });
  await app.start();
  expect(await app.load(EMBEDDED_CHOICE)).toBe(false);
  expect(await app.load(EMBEDDED_CHOICE)).toBe(true);
  expect(connect).toHaveBeenCalledTimes(2);
});

test('a lost graphics card and a dead worker are told between answers too', async () => {
  const connect = vi.fn(async () => script.engine);
  const app = newApp({ connect });
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  script.emit('lost', LOST);
  expect(app.model).toMatchObject({ status: 'failed', error: { code: 'device-lost' }, engine: null });
  await app.load(EMBEDDED_CHOICE);
  expect(connect).toHaveBeenCalledTimes(1);
  script.emit('died', new AppError('engine-died', { reason: 'ended' }));
  expect(app.model.error?.code).toBe('engine-died');
  await app.load(EMBEDDED_CHOICE);
  expect(connect).toHaveBeenCalledTimes(2);
});

test('sending with a stored model that is not loaded loads it first', async () => {
  const first = await readyApp();
  script.answers = [['a'], ['b']];
  await say(first, 'Hi');
  const app = newApp();
  await app.start();
  expect(app.resumable?.key).toBe(MODEL.key);
  await say(app, 'again');
  await vi.waitFor(() => expect(texts(app)).toEqual(['Hi', 'a', 'again', 'b']));
  expect(script.loadRequests.at(-1)).toMatchObject({ stored: MODEL.key });
});

test('where the browser keeps nothing, chatting works and says so', async () => {
  const refused = new AppError('chats-unavailable', { name: 'x', reason: 'private' });
  const app = newApp({ openStore: () => Promise.reject(refused) });
  await app.start();
  expect(app.desk.keeping).toBe('no');
  await app.load(EMBEDDED_CHOICE);
  script.answers = [['a']];
  await say(app, 'Hi');
  expect(texts(app)).toEqual(['Hi', 'a']);
  const { id } = app.session.conversation!;
  await app.desk.startNew();
  await app.desk.open(id);
  expect(texts(app)).toEqual(['Hi', 'a']);
});

test('a finished answer is announced whole, a stopped one as stopped', async () => {
  const app = await readyApp();
  script.answers = [['All ', 'of it.']];
  await say(app, 'Hi');
  expect(app.announcer.text).toContain('All of it.');
});

test('details for a report hold the code and nothing that was written', async () => {
  const app = await readyApp();
  script.answers = [['secret answer', LOST]];
  await say(app, 'secret question');
  const details = app.detailsOf(app.session.error!);
  expect(details).toContain('device-lost');
  expect(details).toContain(MODEL.name);
  expect(details).not.toMatch(/secret/);
});
