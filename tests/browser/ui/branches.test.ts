// Versions of messages: edits, other answers, branches; in the state of the page and in what it keeps.
import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { ChatStore } from '#chat/store.ts';
import type { App } from '#lib/state/app.svelte.ts';
import { EMBEDDED_CHOICE } from '#lib/state/embedded.ts';
import CompareAnswers from '#lib/ui/CompareAnswers.svelte';
import Thread from '#lib/ui/Thread.svelte';
import { answer, chained, question } from '#tests/support/chat/messages.ts';
import { appOver } from './app-over.ts';
import { render } from './render.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const DATABASE = 'daylight-chats-branches-test';
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

async function talked(): Promise<App> {
  const app = appOver(script, DATABASE, stores);
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  script.answers = [['one'], ['two'], ['three'], ['four']];
  for (const text of ['first', 'second']) {
    app.write(text);
    await app.send();
  }
  return app;
}

const texts = (app: App): string[] => app.session.messages.map(({ text }) => text);
const idOf = (app: App, text: string): string => app.session.all.find((one) => one.text === text)!.id;

async function reopened(): Promise<App> {
  const app = appOver(script, DATABASE, stores);
  await app.start();
  return app;
}

test('an edited question is asked beside the old one, which keeps its answers', async () => {
  const app = await talked();
  expect(await app.edit(idOf(app, 'first'), 'changed')).toBe(true);
  await vi.waitFor(() => expect(texts(app)).toEqual(['changed', 'three']));
  await vi.waitFor(() => expect(app.session.busy).toBe(false));
  expect(script.requests.at(-1)?.messages).toMatchObject([{ role: 'user', content: 'changed' }]);
  expect(app.session.forks.get(idOf(app, 'changed'))).toEqual([idOf(app, 'first'), idOf(app, 'changed')]);

  app.session.stepTo(idOf(app, 'first'));
  expect(texts(app)).toEqual(['first', 'one', 'second', 'two']);
  await app.session.flush();
  const again = await reopened();
  expect(texts(again)).toEqual(['first', 'one', 'second', 'two']);
  expect(again.session.all).toHaveLength(6);
});

test('an edit that does not fit is not sent and changes nothing', async () => {
  const app = await talked();
  expect(await app.edit(idOf(app, 'second'), 'word '.repeat(2000))).toBe(false);
  expect(texts(app)).toEqual(['first', 'one', 'second', 'two']);
  expect(app.session.all).toHaveLength(4);
});

test('answers to one question stand beside each other, and each leads on with its own branch', async () => {
  const app = await talked();
  await app.regenerate();
  expect(texts(app)).toEqual(['first', 'one', 'second', 'three']);
  expect(app.session.versionsOf(idOf(app, 'three')).map(({ text }) => text)).toEqual(['two', 'three']);
  app.session.stepTo(idOf(app, 'two'));
  app.write('third');
  await app.send();
  expect(texts(app)).toEqual(['first', 'one', 'second', 'two', 'third', 'four']);
  app.session.stepTo(idOf(app, 'three'));
  expect(texts(app).at(-1)).toBe('three');
  app.session.stepTo(idOf(app, 'two'));
  expect(texts(app).at(-1)).toBe('four');
});

test('a deleted branch comes back by undo, also in what is kept', async () => {
  const app = await talked();
  app.session.remove(idOf(app, 'second'));
  expect(texts(app)).toEqual(['first', 'one']);
  await app.session.flush();
  expect(texts(await reopened())).toEqual(['first', 'one']);
  app.session.undoRemove();
  expect(texts(app)).toEqual(['first', 'one', 'second', 'two']);
  await app.session.flush();
  expect(texts(await reopened())).toEqual(['first', 'one', 'second', 'two']);
});

test('a new chat from a message begins with a copy, files included, and leaves the old one alone', async () => {
  const app = await talked();
  const ref = { id: 'f', name: 'a.txt', format: 'text', sizeBytes: 5, characters: 5, pages: null };
  const [store] = stores;
  const old = app.session.conversation!.id;
  const sections = [{ label: '', page: null, text: 'words' }];
  const rest = { isDraft: false, addedAt: 1, language: null, direction: 'ltr' as const, warnings: [], standIn: null };
  await store!.attachments.write([{ ...ref, ...rest, conversationId: old, sections }]);
  const first = app.session.all.find(({ text }) => text === 'first')!;
  if (first.role === 'user') first.attachments = [ref];

  await app.desk.branch(idOf(app, 'one'));
  expect(texts(app)).toEqual(['first', 'one']);
  const { id } = app.session.conversation!;
  expect(id).not.toBe(old);
  expect(await store!.attachments.of(id)).toMatchObject([{ name: 'a.txt', sections }]);
  expect(app.session.messages[0]).toMatchObject({ attachments: [{ name: 'a.txt' }] });
  await app.desk.open(old);
  expect(texts(app)).toEqual(['first', 'one', 'second', 'two']);
  expect(app.shelf.conversations.map((one) => one.id)).toContain(id);
});

function shown(): Record<'onstep' | 'oncompare' | 'onbranch' | 'onremove' | 'onedit', ReturnType<typeof vi.fn>> {
  const acts = {
    onstep: vi.fn(),
    oncompare: vi.fn(),
    onbranch: vi.fn(),
    onremove: vi.fn(),
    onedit: vi.fn(async () => true),
  };
  render(Thread, {
    messages: chained([question('q', 'What?'), answer('a2', 'That.')]),
    canRegenerate: true,
    onregenerate: () => undefined,
    forks: new Map([['a2', ['a1', 'a2', 'a3']]]),
    acts,
  });
  return acts;
}

test('the versions of a message are stepped through by the keyboard, and say where they are', async () => {
  const acts = shown();
  const group = page.getByRole('group', { name: 'Versions of this message' });
  await expect.element(group.getByText('2 of 3')).toBeInTheDocument();
  group.getByRole('button', { name: 'Previous version' }).element().focus();
  await userEvent.keyboard('{Enter}');
  expect(acts.onstep).toHaveBeenLastCalledWith('a1');
  await group.getByRole('button', { name: 'Next version' }).click();
  expect(acts.onstep).toHaveBeenLastCalledWith('a3');
  await page.getByRole('button', { name: 'Compare all answers' }).click();
  expect(acts.oncompare).toHaveBeenCalledWith('a2');
});

test('a question is edited in its place: Enter asks, Escape leaves everything as it was', async () => {
  const acts = shown();
  await page.getByRole('button', { name: 'Edit and ask again' }).click();
  const field = page.getByRole('textbox', { name: 'Your message, changed' });
  await expect.element(field).toHaveFocus();
  await field.fill('Something else');
  await userEvent.keyboard('{Escape}');
  expect(acts.onedit).not.toHaveBeenCalled();
  await page.getByRole('button', { name: 'Edit and ask again' }).click();
  await field.fill('What then?');
  await userEvent.keyboard('{Enter}');
  expect(acts.onedit).toHaveBeenCalledWith('q', 'What then?');
  await expect.element(field).not.toBeInTheDocument();
});

test('all answers stand side by side, and another one is taken from there', async () => {
  const onuse = vi.fn();
  render(CompareAnswers, { versions: [answer('a', 'One way'), answer('b', 'Another way')], shown: 'a', onuse });
  await expect.element(page.getByText('One way')).toBeInTheDocument();
  await expect.element(page.getByText('Shown in the conversation')).toBeInTheDocument();
  await page.getByRole('button', { name: 'Go on with this answer' }).click();
  expect(onuse).toHaveBeenCalledWith('b');
});
