import { fetchLanguage } from './languages.ts';
import { baseLocale, isLocale, locales, overwriteGetLocale } from './paraglide/runtime.js';
import type { Locale } from './paraglide/runtime.js';

/** A language by its own name, as people look for it in a list. */
export type NamedLanguage = { locale: Locale; name: string; short: string; dir: 'ltr' | 'rtl' };

const NAMES: Readonly<Record<Locale, readonly [name: string, short: string]>> = {
  en: ['English', 'EN'],
  ar: ['العربية', 'ع'],
  ko: ['한국어', '한'],
  es: ['Español', 'ES'],
  fr: ['Français', 'FR'],
  de: ['Deutsch', 'DE'],
};

export const directionOfLocale = (locale: Locale): 'ltr' | 'rtl' => (locale === 'ar' ? 'rtl' : 'ltr');

/** The languages of the page, in the order in which they are offered. */
export const LANGUAGES: readonly NamedLanguage[] = locales.map((locale) => ({
  locale,
  name: NAMES[locale][0],
  short: NAMES[locale][1],
  dir: directionOfLocale(locale),
}));

/** Where the choice lives outside of the page's own state; the browser in the page, plain objects in tests. */
export type LanguagePlaces = {
  /** Keeps the choice for the next visit; nothing where the browser keeps nothing. */
  remember: (locale: Locale) => void;
  /** Called with each language that is shown. */
  show: (locale: Locale, dir: 'ltr' | 'rtl') => void;
};

/**
 * The language of the page. It can change at any time without a reload, which would cost a loaded model: every message and
 * every number asks for it when it is written, and what a component has written is written anew.
 */
export class PageLanguage {
  locale = $state<Locale>(baseLocale);
  readonly dir = $derived(directionOfLocale(this.locale));
  readonly #places: LanguagePlaces;
  #wanted: Locale;

  /** `locale` is one whose words are in the page already. */
  constructor(places: LanguagePlaces, locale: Locale = baseLocale) {
    this.#places = places;
    this.locale = locale;
    this.#wanted = locale;
    overwriteGetLocale(() => this.locale);
  }

  /** Shows another language, as soon as its words are here; false when nothing changes because they cannot be had. */
  async choose(locale: Locale): Promise<boolean> {
    this.#wanted = locale;
    if (!(await fetchLanguage(locale)) || this.#wanted !== locale) return false; // the later choice counts
    this.locale = locale;
    this.#places.remember(locale);
    this.#places.show(locale, this.dir);
    return true;
  }
}

/** The language that `<html lang>` names, with its words fetched; English where it is not one of ours, or cannot be had. */
export async function openLanguage(tag: string): Promise<Locale> {
  return isLocale(tag) && (await fetchLanguage(tag)) ? tag : baseLocale;
}
