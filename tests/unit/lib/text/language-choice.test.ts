// static/language.js runs before the page does, so it is a script of its own.
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { locales } from '#lib/text/paraglide/runtime.js';

const SCRIPT = readFileSync('static/language.js', 'utf8');

type Visit = { address?: string; stored?: string | null; languages?: readonly string[]; keepsNothing?: boolean };

function choose({ address = '', stored = null, languages = [], keepsNothing = false }: Visit) {
  const classes = new Set<string>();
  const page = {
    lang: 'en',
    dir: 'ltr',
    classList: { add: (name: string) => classes.add(name), remove: (name: string) => classes.delete(name) },
  };
  const setTimeout = vi.fn();
  const getItem = (): string | null => {
    if (keepsNothing) throw new Error('SecurityError');
    return stored;
  };
  runInNewContext(SCRIPT, {
    document: { documentElement: page },
    location: { search: address },
    localStorage: { getItem },
    navigator: { languages },
    URLSearchParams,
    setTimeout,
  });
  const show = setTimeout.mock.calls[0]?.[0] as (() => void) | undefined;
  return { lang: page.lang, dir: page.dir, classes, show };
}

test('the address comes first, then the choice, then the browser, then English', () => {
  expect(choose({ address: '?lang=ar', stored: 'de', languages: ['fr'] }).lang).toBe('ar');
  expect(choose({ stored: 'de', languages: ['fr'] }).lang).toBe('de');
  expect(choose({ languages: ['pt-BR', 'fr-CA', 'en'] }).lang).toBe('fr');
  expect(choose({ languages: ['pt-BR'] }).lang).toBe('en');
  expect(choose({}).lang).toBe('en');
});

test('a language that is none of ours is passed over', () => {
  expect(choose({ address: '?lang=xx', stored: '<script>', languages: ['KO-kr'] }).lang).toBe('ko');
});

test('a browser that keeps nothing still gets its own language', () => {
  expect(choose({ keepsNothing: true, languages: ['es-MX'] }).lang).toBe('es');
});

test('only Arabic runs from right to left', () => {
  for (const locale of locales) expect(choose({ stored: locale }).dir).toBe(locale === 'ar' ? 'rtl' : 'ltr');
});

test('every language of the page can be chosen', () => {
  for (const locale of locales) expect(choose({ address: `?lang=${locale}` }).lang).toBe(locale);
});

test('the English page is hidden while other words come, but never for good', () => {
  const { classes, show } = choose({ stored: 'de' });
  expect([...classes]).toEqual(['language-comes']);
  show?.();
  expect([...classes]).toEqual([]);
  expect([...choose({ stored: 'en' }).classes]).toEqual([]);
});
