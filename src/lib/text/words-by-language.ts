import { getLocale } from './paraglide/runtime.js';

/** Of words that come in several languages, as a catalog's do, those in the language of the page; else the English ones. */
export const inPageLanguage = (words: { readonly en: string; readonly [language: string]: string }): string =>
  words[getLocale()] ?? words.en;
