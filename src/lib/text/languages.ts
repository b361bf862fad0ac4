// The languages' words. English is part of the page; another is fetched when it is chosen, and English stands for it until then.
import * as english from './paraglide/messages/en.js';
import type { Locale } from './paraglide/runtime.js';

/** A function for each message, in the order of their names: scripts/text.mjs makes it. */
type Words = readonly (((inputs: unknown) => string) | undefined)[];

const wordsOf = (module: unknown): Words => (module as { default: Words }).default;

const FETCH: Readonly<Record<Exclude<Locale, 'en'>, () => Promise<unknown>>> = {
  ar: () => import('./paraglide/messages/ar.js'),
  ko: () => import('./paraglide/messages/ko.js'),
  es: () => import('./paraglide/messages/es.js'),
  fr: () => import('./paraglide/messages/fr.js'),
  de: () => import('./paraglide/messages/de.js'),
};

const en = (english as unknown as { default: Words }).default;

/** What `say` reads. */
export const languages: Record<Locale, Words> = { en, ar: en, ko: en, es: en, fr: en, de: en };

/** Brings a language's words into the page; false when they could not be fetched. */
export async function fetchLanguage(locale: Locale): Promise<boolean> {
  if (locale === 'en' || languages[locale] !== en) return true;
  try {
    languages[locale] = wordsOf(await FETCH[locale]());
    return true;
  } catch {
    return false; // no network: the page goes on in the language it has
  }
}
