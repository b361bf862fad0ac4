import { browser } from '$app/environment';
import { openLanguage } from '#lib/text/language.svelte.ts';

export const prerender = true;
export const trailingSlash = 'always';

/** The words must be there before the page comes alive, or it would do so in English. */
export async function load() {
  return { locale: await openLanguage(browser ? document.documentElement.lang : 'en') };
}
