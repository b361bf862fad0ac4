import { languages } from './languages.ts';
import { getLocale } from './paraglide/runtime.js';
import type { Locale } from './paraglide/runtime.js';

/** The function of one message: it says it in the language of the page at the moment of the call, or in the one asked for. */
export const say =
  (place: number) =>
  (inputs: unknown, options?: { locale?: Locale }): string =>
    (languages[options?.locale ?? getLocale()][place] ?? languages.en[place]!)(inputs);
