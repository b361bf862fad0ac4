import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { locales } from '#lib/text/paraglide/runtime.js';

type Message = string | readonly [{ selectors: string[]; match: Record<string, string> }];

/** Every message by its key. */
function messagesOf(locale: string): Map<string, Message> {
  const found = new Map<string, Message>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'string' || Array.isArray(value)) found.set(path, value as Message);
    else
      for (const [name, inner] of Object.entries(value as object)) walk(inner, path === '' ? name : `${path}.${name}`);
  };
  walk(JSON.parse(readFileSync(`messages/${locale}.json`, 'utf8')), '');
  return found;
}

const formsOf = (message: Message): Record<string, string> =>
  typeof message === 'string' ? { '*': message } : message[0].match;

/** The parameters that a text shows, each once. */
const parametersOf = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!))].sort();

/** Names, signs and words that are the same in another language. Whatever else reads as in English was forgotten. */
const SAME = new Map<string, readonly string[]>([
  ['name', ['ar', 'ko', 'es', 'fr', 'de']],
  ['embedded.name', ['ar', 'ko', 'es', 'fr', 'de']],
  ['own.urlPlaceholder', ['ar']],
  ['getting.size', ['ar', 'ko', 'es', 'fr', 'de']],
  ['loading.spoken', ['ko', 'es', 'fr', 'de']],
  ['voice.settings.rateValue', ['es', 'fr', 'de']],
  ['commands.keyNames.control', ['ar', 'ko', 'es', 'fr']],
  ['commands.keyNames.shift', ['ar', 'ko']],
  ['commands.keyNames.enter', ['ar', 'ko']],
  ['commands.keyNames.escape', ['ar', 'ko', 'es', 'de']],
  ['pages.chat', ['es', 'de']],
  ['pages.label', ['fr']],
  ['getting.download', ['de']],
  ['loading.stages.network.name', ['de']],
  ['catalog.licence', ['fr']],
  ['chats.heading', ['fr']],
  ['chats.menu', ['fr']],
  ['commands.groups.chats', ['fr']],
  ['context.parts.instructions', ['fr']],
  ['settings.instructions', ['fr']],
  ['prompts.starters.decide.places.question', ['fr']],
  ['attachments.pageHeading', ['fr']],
  ['message.speed', ['es', 'fr']],
  ['message.code', ['fr', 'de']],
  ['message.codeIn', ['fr', 'de']],
  ['prompts.name', ['de']],
  ['prompts.text', ['de']],
]);

const english = messagesOf('en');

describe.each(locales.filter((locale) => locale !== 'en'))('the messages in %s', (locale) => {
  const messages = messagesOf(locale);

  test('are the English ones, none missing and none more', () => {
    expect([...messages.keys()].sort()).toEqual([...english.keys()].sort());
  });

  test('show the parameters of the English ones', () => {
    const wrong = [...messages].filter(([key, message]) => {
      const wanted = parametersOf(Object.values(formsOf(english.get(key) ?? '')).join());
      return parametersOf(Object.values(formsOf(message)).join()).join() !== wanted.join();
    });
    expect(wrong.map(([key]) => key)).toEqual([]);
  });

  test('have words for every number, as the language counts', () => {
    const { pluralCategories } = new Intl.PluralRules(locale).resolvedOptions();
    const wrong = [...messages].filter(([key, message]) => {
      if (typeof english.get(key) === 'string') return typeof message !== 'string';
      if (typeof message === 'string') return true;
      const [{ selectors, match }] = message;
      const given = Object.keys(match).map((form) => form.replace(`${selectors[0]}=`, ''));
      return !given.includes('*') && pluralCategories.some((category) => !given.includes(category));
    });
    expect(wrong.map(([key]) => key)).toEqual([]);
  });

  test('are not left in English', () => {
    const same = [...messages].filter(([key, message]) => typeof message === 'string' && message === english.get(key));
    expect(same.map(([key]) => key).filter((key) => !SAME.get(key)?.includes(locale))).toEqual([]);
  });
});

test('what may read as in English does', () => {
  for (const [key, kept] of SAME)
    for (const locale of kept)
      expect([key, locale, messagesOf(locale).get(key)]).toEqual([key, locale, english.get(key)]);
});
