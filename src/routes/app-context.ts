import { createContext } from 'svelte';
import type { PageLanguage } from '#lib/text/language.svelte.ts';
import type { App } from '#lib/state/app.svelte.ts';

/** The one App of a visit: pages come and go, what it holds stays. */
export const [getApp, setApp] = createContext<App>();

export const [getLanguage, setLanguage] = createContext<PageLanguage>();
