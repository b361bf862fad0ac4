// Titles that the model proposes while it has nothing else to do.
import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ChatStore } from '#chat/store.ts';
import type { ChatSession, Speaker } from '#lib/state/chat-session.svelte.ts';
import { EMBEDDED_CHOICE } from '#lib/state/embedded.ts';
import { TitleWriter } from '#lib/state/title-writer.ts';
import { appOver } from './app-over.ts';
import { MODEL, ScriptedEngine } from './scripted-engine.ts';

const DATABASE = 'daylight-chats-titles-test';
let script: ScriptedEngine;
let stores: ChatStore[];

beforeEach(() => {
  script = new ScriptedEngine();
  stores = [];
});

afterEach(async () => {
  vi.useRealTimers();
  for (const store of stores) store.close();
  await deleteDB(DATABASE);
});

async function answered(): Promise<ChatSession> {
  const app = appOver(script, DATABASE, stores);
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  script.answers = [['Because of the air.']];
  app.write('Why is the sky blue?');
  await app.send();
  return app.session;
}

const speaker = (parameterCount: number): Speaker => ({
  engine: script.engine,
  model: { ...MODEL, parameterCount },
});

test('a title is asked for when the person rests, and only then', async () => {
  const session = await answered();
  const propose = vi.fn(async () => undefined);
  const titles = new TitleWriter({ isQuiet: () => true, propose });
  script.answers = [['"Blue skies"']];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  titles.answered(session, speaker(7e9));
  await vi.advanceTimersByTimeAsync(15_000);
  expect(script.requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(6000);
  vi.useRealTimers();
  await vi.waitFor(() => expect(propose).toHaveBeenCalledWith(session.conversation!.id, 'Blue skies'));
  expect(script.requests.at(-1)).toMatchObject({ temperature: 0, max_tokens: 24 });
});

test('leaving the conversation asks at once, and a new question gives it up', async () => {
  const session = await answered();
  const other = {} as ChatSession;
  const propose = vi.fn(async () => undefined);
  const titles = new TitleWriter({ isQuiet: () => true, propose });
  script.answers = [['Blue ', new Promise<void>(() => undefined), 'skies']];
  titles.answered(session, speaker(7e9));
  titles.left(other);
  await vi.waitFor(() => expect(script.requests).toHaveLength(2));
  titles.stop();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(propose).not.toHaveBeenCalled();
});

test('a small model is not asked, nor one for a title that is there already', async () => {
  const session = await answered();
  const titles = new TitleWriter({ isQuiet: () => true, propose: async () => undefined });
  titles.answered(session, speaker(135e6));
  titles.left({} as ChatSession);
  session.learn({ titleBy: 'person' });
  titles.answered(session, speaker(7e9));
  titles.left({} as ChatSession);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(script.requests).toHaveLength(1);
});

test('a proposal never takes the place of a title that the person gave', async () => {
  const app = appOver(script, DATABASE, stores);
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  script.answers = [['ok']];
  app.write('Hi');
  await app.send();
  const { id } = app.session.conversation!;
  await app.desk.rename(id, '  Mine \n own ');
  await app.desk.propose(id, 'Theirs');
  expect(app.session.conversation).toMatchObject({ title: 'Mine own', titleBy: 'person' });
  expect(await stores[0]!.conversation(id)).toMatchObject({ title: 'Mine own', titleBy: 'person' });
});
