// What the model is given, shown and steered: the page over a real store, an engine whose answers the test writes.
import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { ChatStore } from '#chat/store.ts';
import { DEFAULT_SETTINGS } from '#chat/conversation.ts';
import { problemOfSchema } from '#chat/settings.ts';
import type { App } from '#lib/state/app.svelte.ts';
import { EMBEDDED_CHOICE } from '#lib/state/embedded.ts';
import ChatSettings from '#lib/ui/ChatSettings.svelte';
import ContextPanel from '#lib/ui/ContextPanel.svelte';
import { appOver } from './app-over.ts';
import { CATALOG } from './catalog-of-two.ts';
import { render } from './render.ts';
import { STATS, ScriptedEngine } from './scripted-engine.ts';

const DATABASE = 'daylight-chats-context-test';
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

const many = (count: number): string => Array.from({ length: count }, (_, at) => `word${at}`).join(' ');

async function appWith(turns: number, size: number): Promise<App> {
  const app = appOver(script, DATABASE, stores);
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  for (let turn = 0; turn < turns; turn++) {
    script.answers = [[many(size)]];
    app.write(`q${turn} ${many(size)}`);
    await app.send();
  }
  return app;
}

const lastRequest = () => script.requests.at(-1)!;

test('a long conversation goes on: the oldest turns are left out, said so, and stay in the chat', async () => {
  const app = await appWith(8, 80);
  expect(app.session.messages).toHaveLength(16);
  const { leftOut, fits } = app.context.plan!;
  expect(fits).toBe(true);
  expect(leftOut.slice(0, 2)).toEqual(app.session.messages.slice(0, 2).map(({ id }) => id));
  const given = lastRequest().messages.map(({ content }) => String(content));
  expect(given.some((text) => text.startsWith('q0 '))).toBe(false);
  expect(given.at(-1)).toMatch(/^q7 /);
});

test('a pinned turn is always given, a dropped one never', async () => {
  const app = await appWith(8, 80);
  const questions = app.session.messages.filter(({ role }) => role === 'user');
  app.context.setRule(questions[0]!.id, 'pinned');
  app.context.setRule(questions[6]!.id, 'dropped');
  script.answers = [['ok']];
  app.write('and now?');
  await app.send();
  const given = lastRequest().messages.map(({ content }) => String(content));
  expect(given.some((text) => text.startsWith('q0 '))).toBe(true);
  expect(given.some((text) => text.startsWith('q6 '))).toBe(false);
});

test('older turns are summed up by the model, which then gets the summary in their place', async () => {
  const app = await appWith(3, 50);
  script.answers = [['They spoke ', 'of words.']];
  await app.compress();
  expect(app.session.digest).toEqual({ upToId: app.session.messages[3]!.id, text: 'They spoke of words.' });
  script.answers = [['ok']];
  app.write('go on');
  await app.send();
  const [system, ...rest] = lastRequest().messages;
  expect(system).toEqual({ role: 'system', content: 'What was said before, in short:\nThey spoke of words.' });
  expect(rest.map(({ content }) => String(content).split(' ')[0])).toEqual(['q2', 'word0', 'go']);
  app.context.forgetDigest();
  await vi.waitFor(() => expect(app.context.plan!.messages[0]!.role).toBe('user'));
});

test('an answer that was cut is continued in its place', async () => {
  const app = await appWith(1, 5);
  const [, answer] = app.session.all;
  answer!.text = 'The sun is';
  Object.assign(answer!, { state: 'cut' });
  script.answers = [[' warm.']];
  await app.continueAnswer();
  expect(lastRequest()).toMatchObject({ continue_final_message: true });
  expect(lastRequest().messages.at(-1)).toEqual({ role: 'assistant', content: 'The sun is' });
  expect(app.session.messages).toMatchObject([{}, { text: 'The sun is warm.', state: 'done' }]);
});

test('settings go with each request, and new chats begin with the kept ones', async () => {
  const app = await appWith(0, 0);
  const settings = { ...DEFAULT_SETTINGS, instructions: 'Be brief.', temperature: 0.2, seed: 7, maxTokens: 99 };
  app.changeSettings({ ...settings, schema: '{"type":"object"}' });
  await app.desk.keepSettings(settings);
  script.answers = [['{}']];
  app.write('Hello');
  await app.send();
  expect(lastRequest()).toMatchObject({
    temperature: 0.2,
    seed: 7,
    max_tokens: 99,
    response_format: { type: 'json_object', schema: '{"type":"object"}' },
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ],
  });
  const again = appOver(script, DATABASE, stores);
  await again.start();
  expect(again.session.settings.schema).toBe('{"type":"object"}'); // of this conversation
  await again.desk.startNew();
  expect(again.session.settings).toEqual(settings);
});

test('a model tuned for single questions is told the instructions again, as soon as it answers', async () => {
  const [entry] = CATALOG.models;
  const readCatalog = async () => ({ models: [{ ...entry!, id: 'single', singleTurn: true }] });
  const app = appOver(script, DATABASE, stores, { readCatalog });
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  script.stored = script.stored.map((model) => ({ ...model, catalogId: 'single' }));
  await app.model.refreshStored();
  app.changeSettings({ ...DEFAULT_SETTINGS, instructions: 'Be brief.' });
  for (const text of ['One?', 'Two?']) {
    script.answers = [['ok']];
    app.write(text);
    await app.send();
  }
  expect(lastRequest().messages.map(({ content }) => content)).toEqual([
    'Be brief.',
    'One?',
    'ok',
    'Be brief.\n\nTwo?',
  ]);
  expect(app.context.plan!.restatedTokens).toBeGreaterThan(0);
});

test('a file that is too long is read part by part, and its notes are given in its place', async () => {
  const app = appOver(script, DATABASE, stores, {
    readFile: async ({ name }) => ({
      name,
      kind: 'text',
      language: null,
      direction: 'ltr',
      characterCount: 20_000,
      warnings: [],
      sections: [1, 2, 3].map((page) => ({ label: '', page, text: `${many(700)}. ` })),
    }),
  });
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  app.attachments.add([new File(['x'], 'book.txt')]);
  await vi.waitFor(() => expect(app.session.attachments).toHaveLength(1));
  app.write('What is it about?');
  await vi.waitFor(() => expect(app.context.plan?.fits).toBe(false));
  script.answers = [
    ['It is about suns.'],
    ['nothing'],
    ['Page 3 says they set.'],
    ['nothing'],
    ['nothing'],
    ['nothing'],
  ];
  expect(await app.context.shortenFiles('notes')).toBe(true);
  const asked = script.requests.length;
  expect(asked).toBeGreaterThanOrEqual(3);
  // Every word of the file was in one of the requests.
  const read = script.requests.map(({ messages }) => String(messages[0]!.content)).join(' ');
  expect(read.match(/\bword699\b/g)).toHaveLength(3);
  script.answers = [['Suns that set.']];
  await app.send();
  const given = String(lastRequest().messages[0]!.content);
  expect(given).toContain('Notes from reading all');
  expect(given).toContain('It is about suns.');
  expect(given).toContain('What is it about?');
  expect(app.session.messages.at(-1)).toMatchObject({ text: 'Suns that set.', state: 'done' });
});

test('of a file that is too long the passages that fit the question are given', async () => {
  const pages = ['Many roses grow here.', 'The library opens at nine.', 'Trains leave every hour.'];
  const app = appOver(script, DATABASE, stores, {
    readFile: async ({ name }) => ({
      name,
      kind: 'text',
      language: null,
      direction: 'ltr',
      characterCount: 20_000,
      warnings: [],
      sections: pages.map((text, at) => ({ label: '', page: at + 1, text: `${many(500)}. ${text} ${many(500)}.` })),
    }),
  });
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  app.attachments.add([new File(['x'], 'town.txt')]);
  await vi.waitFor(() => expect(app.session.attachments).toHaveLength(1));
  app.write('When does the library open?');
  await vi.waitFor(() => expect(app.context.plan?.fits).toBe(false));
  expect(await app.context.shortenFiles('passages')).toBe(true);
  expect(script.requests).toEqual([]);
  script.answers = [['At nine.']];
  await app.send();
  const given = String(lastRequest().messages[0]!.content);
  expect(given).toContain('The library opens at nine.');
  expect(given).toContain('[page 2]');
  expect(given).not.toContain('roses');
});

test('the panel says what takes how much, and lets turns be pinned and left out', async () => {
  const onrule = vi.fn();
  const oncompress = vi.fn();
  render(ContextPanel, {
    plan: {
      messages: [],
      promptTokens: 700,
      windowTokens: 1000,
      parts: { instructions: 100, documents: 200, history: 350, question: 50 },
      restatedTokens: 30,
      answerTokens: 128,
      leftOut: ['a'],
      dropped: [],
      nextOut: ['b'],
      fits: true,
      overTokens: 0,
    },
    stats: { ...STATS, keptTokens: 640, promptTokens: 60 },
    turns: [
      { id: 'a', text: 'First question', rule: 'auto' },
      { id: 'b', text: 'Second question', rule: 'auto' },
      { id: 'c', text: 'Third question', rule: 'pinned' },
    ],
    digest: null,
    canCompress: true,
    writing: null,
    onrule,
    oncompress,
    onstop: vi.fn(),
    onforget: vi.fn(),
  });
  const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) });
  await expect.element(row('Files')).toHaveTextContent('200');
  await expect.element(row('Earlier messages')).toHaveTextContent('350');
  await expect.element(row('Kept free')).toHaveTextContent('128');
  await expect.element(page.getByText(/640 tokens were still there/)).toBeVisible();
  await expect.element(page.getByText('Left out for want of room')).toBeVisible();
  await expect.element(page.getByText('Goes first when room is needed')).toBeVisible();
  await page.getByRole('group', { name: 'Second question' }).getByRole('button', { name: 'Pin' }).click();
  expect(onrule).toHaveBeenLastCalledWith('b', 'pinned');
  await page.getByRole('group', { name: 'Third question' }).getByRole('button', { name: 'Unpin' }).click();
  expect(onrule).toHaveBeenLastCalledWith('c', 'auto');
  await page.getByRole('button', { name: 'Sum up older messages' }).click();
  expect(oncompress).toHaveBeenCalledOnce();
});

test('settings are changed by keyboard, checked, and put back', async () => {
  const onchange = vi.fn();
  render(ChatSettings, {
    settings: { ...DEFAULT_SETTINGS, temperature: 0.3 },
    defaults: DEFAULT_SETTINGS,
    problemOf: problemOfSchema,
    contextLength: 4096,
    restates: true,
    onchange,
    onkeep: vi.fn(),
  });
  await userEvent.fill(page.getByRole('textbox', { name: 'Instructions' }), 'Be kind.');
  expect(onchange).toHaveBeenLastCalledWith(expect.objectContaining({ instructions: 'Be kind.', temperature: 0.3 }));
  await page.getByRole('radio', { name: 'Inventive' }).click();
  expect(onchange).toHaveBeenLastCalledWith(expect.objectContaining({ temperature: 1.1, topP: 0.98 }));
  await page.getByText('Finer settings').click();
  const slider = page.getByRole('slider', { name: /Chance/ }).element() as HTMLInputElement;
  slider.focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(onchange).toHaveBeenLastCalledWith(expect.objectContaining({ temperature: 0.35 }));
  onchange.mockClear();
  const schema = page.getByRole('textbox', { name: /JSON/ });
  await userEvent.fill(schema, '{"type":');
  await expect.element(page.getByText(/no JSON schema yet/)).toBeVisible();
  expect(onchange).not.toHaveBeenCalled();
  await userEvent.fill(schema, '{"type":"object"}');
  expect(onchange).toHaveBeenLastCalledWith(expect.objectContaining({ schema: '{"type":"object"}' }));
  await page.getByRole('button', { name: 'Back to the model’s own', exact: true }).click();
  expect(onchange).toHaveBeenLastCalledWith(DEFAULT_SETTINGS);
});
