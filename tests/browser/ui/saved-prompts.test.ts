import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import '#lib/ui/theme.css';
import { ChatStore } from '#chat/store.ts';
import type { App } from '#lib/state/app.svelte.ts';
import { Announcer } from '#lib/state/announcer.svelte.ts';
import { SavedPrompts } from '#lib/state/saved-prompts.svelte.ts';
import PromptsDialog from '../../../src/routes/PromptsDialog.svelte';
import type { PromptsBegin } from '../../../src/routes/page-commands.svelte.ts';
import { render } from './render.ts';

const DATABASE = 'daylight-chats-prompts-test';
const oninsert = vi.fn();
let store: ChatStore;
let now = 0;

const newPrompts = (): SavedPrompts =>
  new SavedPrompts({
    store: () => store.prompts,
    now: () => ++now,
    newId: () => crypto.randomUUID(),
    onSaveError: () => expect.unreachable(),
  });

beforeEach(async () => {
  vi.clearAllMocks();
  store = await ChatStore.open(DATABASE);
});

afterEach(async () => {
  store.close();
  await deleteDB(DATABASE);
});

function show(begin: PromptsBegin = 'list', onclose = (): void => undefined): SavedPrompts {
  const prompts = newPrompts();
  const app = { prompts, announcer: new Announcer() } as unknown as App;
  render(PromptsDialog, { app, begin, oninsert, onclose });
  return prompts;
}

const button = (name: string) => page.getByRole('button', { name, exact: true });
const names = (prompts: SavedPrompts): string[] => prompts.all.map(({ name }) => name);
/** What another visit would find. */
const kept = async (): Promise<string[]> => {
  const again = newPrompts();
  await again.refresh();
  return names(again);
};

const STARTERS = ['Explain simply', 'Summarise a text', 'Improve my writing', 'Translate', 'Weigh a decision'];

test('a prompt is written, kept, found and used by the keyboard alone', async () => {
  const prompts = show();
  expect(names(prompts)).toEqual(STARTERS);
  await expect.element(button('New prompt')).toBeVisible();
  (button('New prompt').element() as HTMLElement).focus();
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('textbox', { name: 'Name' })).toHaveFocus();
  await userEvent.keyboard('Greeting{Tab}Greet {{{{who}} in {{{{language}}.');
  await expect.element(page.getByText('Places to fill: who, language')).toBeVisible();
  await userEvent.keyboard('{Tab}{Tab}{Enter}');
  await expect.element(button('Use Greeting')).toBeVisible();
  await expect.poll(kept).toEqual(['Greeting', ...STARTERS]);

  await page.getByRole('searchbox', { name: 'Search saved prompts' }).fill('greet');
  expect(page.getByRole('listitem').elements()).toHaveLength(1);
  (button('Use Greeting').element() as HTMLElement).focus();
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('textbox', { name: 'who' })).toHaveFocus();
  await userEvent.keyboard('my aunt{Tab}Korean{Tab}{Tab}{Enter}');
  expect(oninsert).toHaveBeenCalledExactlyOnceWith('Greet my aunt in Korean.');
});

test('a deleted prompt can be brought back, a starter too', async () => {
  const prompts = show();
  await button('Delete Translate').click();
  await expect.element(page.getByText('Deleted “Translate”.')).toBeVisible();
  await expect.poll(kept).not.toContain('Translate');
  await button('Undo').click();
  await expect.poll(kept).toEqual(STARTERS);

  prompts.save({ id: null, name: 'Mine', text: 'x' });
  prompts.remove(prompts.all[0]!.id);
  await expect.poll(kept).toEqual(STARTERS);
  prompts.undo();
  await expect.poll(kept).toEqual(['Mine', ...STARTERS]);
});

test('a changed starter stays changed, and no text of the page comes back over it', async () => {
  show();
  await button('Edit Translate').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Into German');
  await button('Save').click();
  await expect.poll(kept).toEqual(['Into German', ...STARTERS.filter((name) => name !== 'Translate')]);
  await button('Delete Into German').click();
  await button('Undo').click();
  await expect.poll(kept).toContain('Into German');
});

test('what is wrong with a prompt is said, and nothing typed is lost', async () => {
  show({ name: 'Why is the sky blue?', text: ' ' });
  await button('Save').click();
  await expect.element(page.getByRole('alert')).toHaveTextContent('Write the text.');
  await expect.element(page.getByRole('textbox', { name: 'Name' })).toHaveValue('Why is the sky blue?');
  expect(await kept()).toEqual(STARTERS);
});

test('a prompt that is used from the composer begins with its places', async () => {
  const onclose = vi.fn();
  show({ id: '1', name: 'Ask', text: 'What is {{it}}?', updatedAt: 0 }, onclose);
  await expect.element(page.getByRole('dialog', { name: 'Ask' })).toBeVisible();
  await expect.element(page.getByRole('textbox', { name: 'it' })).toHaveFocus();
  await userEvent.keyboard('{Escape}');
  expect(onclose).toHaveBeenCalledOnce();
});
