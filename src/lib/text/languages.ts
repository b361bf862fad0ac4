// The languages' words. English is part of the page; another is fetched when it is chosen, and stands for English until then.
import * as en from './paraglide/messages/en.js';
import type { Locale } from './paraglide/runtime.js';

type Words = typeof en;

const FETCH: Readonly<Record<Exclude<Locale, 'en'>, () => Promise<Words>>> = {
  ar: () => import('./paraglide/messages/ar.js'),
  ko: () => import('./paraglide/messages/ko.js'),
  es: () => import('./paraglide/messages/es.js'),
  fr: () => import('./paraglide/messages/fr.js'),
  de: () => import('./paraglide/messages/de.js'),
};

/** What the compiled messages read. */
export const languages: Record<Locale, Words> = { en, ar: en, ko: en, es: en, fr: en, de: en };

/** Brings a language's words into the page; false when they could not be fetched. */
export async function fetchLanguage(locale: Locale): Promise<boolean> {
  if (locale === 'en' || languages[locale] !== en) return true;
  try {
    languages[locale] = await FETCH[locale]();
    return true;
  } catch {
    return false; // no network: the page goes on in the language it has
  }
}
