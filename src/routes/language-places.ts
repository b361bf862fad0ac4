import { replaceState } from '$app/navigation';
import type { LanguagePlaces } from '#lib/text/language.svelte.ts';

/** static/language.js reads it before anything is shown. */
const KEY = 'daylight-language';

export function browserPlaces(): LanguagePlaces {
  return {
    remember(locale) {
      try {
        localStorage.setItem(KEY, locale);
      } catch {
        // Nothing may be stored here; the choice holds as long as the page.
      }
      const url = new URL(location.href);
      if (!url.searchParams.has('lang')) return;
      url.searchParams.delete('lang'); // or the next visit would ask for the other language again
      // The address of this very page.
      // eslint-disable-next-line svelte/no-navigation-without-resolve
      replaceState(url, {});
    },
    show(locale, dir) {
      const { documentElement: page } = document;
      page.lang = locale;
      page.dir = dir;
      page.classList.remove('language-comes');
    },
  };
}
