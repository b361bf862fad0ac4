import { deleteDB } from 'idb';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '#base/errors.ts';
import type { ChatStore } from '#chat/store.ts';
import type { App } from '#lib/state/app.svelte.ts';
import { EMBEDDED_CHOICE } from '#lib/state/embedded.ts';
import { LanguageHelp } from '#lib/state/language-help.svelte.ts';
import { LANGUAGES, PageLanguage } from '#lib/text/language.svelte.ts';
import { overwriteGetLocale } from '#lib/text/paraglide/runtime.js';
import type { Locale } from '#lib/text/paraglide/runtime.js';
import LanguageMenu from '#lib/ui/LanguageMenu.svelte';
import LanguageNote from '#lib/ui/LanguageNote.svelte';
import MessageText from '#lib/ui/MessageText.svelte';
import ReadyState from '#lib/ui/ReadyState.svelte';
import { appOver } from './app-over.ts';
import { CATALOG } from './catalog-of-two.ts';
import { render } from './render.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const DATABASE = 'daylight-chats-language-test';
let script: ScriptedEngine;
let stores: ChatStore[];
let shown: [Locale, 'ltr' | 'rtl'][];
let remembered: Locale[];

beforeEach(() => {
  script = new ScriptedEngine();
  [stores, shown, remembered] = [[], [], []];
});

afterEach(async () => {
  overwriteGetLocale(() => 'en');
  for (const store of stores) store.close();
  await deleteDB(DATABASE);
});

const pageLanguage = (): PageLanguage =>
  new PageLanguage({ remember: (locale) => remembered.push(locale), show: (...language) => shown.push(language) });

async function readyApp(): Promise<App> {
  const app = appOver(script, DATABASE, stores, { readCatalog: async () => CATALOG });
  await app.start();
  await app.load(EMBEDDED_CHOICE);
  await app.catalog.load();
  return app;
}

const heading = (): string | null | undefined => document.querySelector('h1')?.textContent;

test('a switch changes words and numbers at once, and leaves the model and the conversation alone', async () => {
  const language = pageLanguage();
  const app = await readyApp();
  script.answers = [['Good ', 'morning.']];
  app.write('Hello');
  await app.send();
  app.write('half a thought');
  render(ReadyState, { isSmall: true, contextLength: 8192, isSoftware: false, onsuggest: () => undefined });
  expect(heading()).toBe('Ask it something.');

  expect(await language.choose('de')).toBe(true);
  await tick();
  expect(heading()).toBe('Fragen Sie etwas.');
  expect(document.body.textContent).toContain('6.100 Wörter');
  expect(await language.choose('ar')).toBe(true);
  await tick();
  expect(heading()).toBe('اسأله شيئًا.');
  expect(await language.choose('en')).toBe(true);
  await tick();
  expect(heading()).toBe('Ask it something.');

  expect(shown).toEqual([
    ['de', 'ltr'],
    ['ar', 'rtl'],
    ['en', 'ltr'],
  ]);
  expect(remembered).toEqual(['de', 'ar', 'en']);
  expect(app.model.status).toBe('ready');
  expect(app.session.messages.map(({ text }) => text)).toEqual(['Hello', 'Good morning.']);
  expect(app.session.draft).toBe('half a thought');
});

test('of two choices in a row the later one counts', async () => {
  const language = pageLanguage();
  await Promise.all([language.choose('fr'), language.choose('es')]);
  expect(language.locale).toBe('es');
  expect(remembered).toEqual(['es']);
});

test('the menu names every language in that language, and tells which was chosen', async () => {
  const chosen: Locale[] = [];
  render(LanguageMenu, { languages: LANGUAGES, current: 'en', onchoose: (locale: Locale) => chosen.push(locale) });
  const select = document.querySelector('select')!;
  expect(select.getAttribute('aria-label')).toBe('Language');
  expect(select.value).toBe('en');
  const names = [...select.options].map(({ textContent, lang, dir }) => [textContent, lang, dir]);
  expect(names).toContainEqual(['العربية', 'ar', 'rtl']);
  expect(names).toContainEqual(['Deutsch', 'de', 'ltr']);
  select.value = 'ko';
  select.dispatchEvent(new Event('change', { bubbles: true }));
  expect(chosen).toEqual(['ko']);
  const box = select.getBoundingClientRect();
  expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
});

test.each([
  ['SOLAR نموذج لغوي كبير يعمل في المتصفح', 'rtl'],
  ['The word سلام means peace in many languages', 'ltr'],
  ['`npm install` ثم شغّل البرنامج من جديد', 'rtl'],
])('a message runs as most of its letters do: %s', (text, direction) => {
  render(MessageText, { text: `${text}\n\`\`\`js\nlet a = 1;\n\`\`\`` });
  expect(getComputedStyle(document.querySelector('.text')!).direction).toBe(direction);
  expect(getComputedStyle(document.querySelector('pre')!).direction).toBe('ltr');
});

test('the draft tells the language, and the page does while there is none', async () => {
  const app = await readyApp();
  let page = 'ko';
  const help = (): string | null => new LanguageHelp(app, () => page).weak;
  expect(help()).toBe('ko');
  app.write('What is the capital of France and of Spain?');
  expect(help()).toBeNull();
  page = 'en';
  app.write('ما هي عاصمة فرنسا وعاصمة إسبانيا؟');
  expect(help()).toBe('ar');
  app.write('');
  expect(help()).toBeNull();
  await app.load({ kind: 'urls', name: 'Mine', urls: ['https://models.example/mine.gguf'] });
  page = 'ko';
  expect(help()).toBeNull();
});

test('a question is answered in English first and translated in a second turn', async () => {
  const app = await readyApp();
  script.answers = [['Paris.'], ['باريس.']];
  app.write('ما هي عاصمة فرنسا وعاصمة إسبانيا؟');
  await new LanguageHelp(app, () => 'en').askInEnglish();
  const texts = app.session.messages.map(({ text }) => text);
  expect(texts[0]).toBe('ما هي عاصمة فرنسا وعاصمة إسبانيا؟\n\n(Please answer in English.)');
  expect(texts[2]).toContain('Translate your last answer into Arabic.');
  expect([texts[1], texts[3]]).toEqual(['Paris.', 'باريس.']);
  expect(app.session.draft).toBe('');
});

test('nothing is asked after an answer that failed', async () => {
  const app = await readyApp();
  script.answers = [['Par', new AppError('engine-failed', { reason: 'test' })]];
  app.write('ما هي عاصمة فرنسا وعاصمة إسبانيا؟');
  await new LanguageHelp(app, () => 'en').askInEnglish();
  expect(app.session.messages).toHaveLength(2);
  expect(app.session.messages[1]).toMatchObject({ state: 'failed' });
});

test('the note says what is weak, and asks only where there is something to ask', () => {
  const onask = vi.fn();
  render(LanguageNote, { model: 'SOLAR', language: 'ar', canAsk: false, onask });
  expect(document.body.textContent).toContain('SOLAR is weak in Arabic');
  const button = document.querySelector('button')!;
  button.click();
  expect(onask).not.toHaveBeenCalled();
});
