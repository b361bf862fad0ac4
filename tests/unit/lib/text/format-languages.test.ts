import { afterEach, describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatBytesOf,
  formatDate,
  formatDuration,
  formatLanguage,
  formatNumber,
  formatParameters,
  formatPercent,
  formatRate,
  formatTimeLeft,
} from '#lib/text/format.ts';
import { m } from '#lib/text/paraglide/messages.js';
import { locales, overwriteGetLocale } from '#lib/text/paraglide/runtime.js';
import { fetchLanguage } from '#lib/text/languages.ts';

type Locale = (typeof locales)[number];

async function speak(locale: Locale): Promise<void> {
  expect(await fetchLanguage(locale)).toBe(true);
  overwriteGetLocale(() => locale);
}

afterEach(() => overwriteGetLocale(() => 'en'));

/** Spaces that do not break a line are spaces here. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

describe('numbers are written as the language writes them', () => {
  test.each<[Locale, string, string, string]>([
    ['en', '12,345', '6.1 GB', '43%'],
    ['de', '12.345', '6,1 GB', '43 %'],
    ['fr', '12 345', '6,1 Go', '43 %'],
    ['es', '12.345', '6,1 GB', '43 %'],
    ['ko', '12,345', '6.1GB', '43%'],
  ])('%s', async (locale, number, bytes, percent) => {
    await speak(locale);
    expect(plain(formatNumber(12_345))).toBe(number);
    expect(plain(formatBytes(6_071_640_064))).toBe(bytes);
    expect(plain(formatPercent(43))).toBe(percent);
  });
});

test('Arabic has its own units and the digits that models write', async () => {
  await speak('ar');
  const everything = [
    formatNumber(12_345),
    formatBytesOf(43_000_000, 98_000_000),
    formatRate(12_000_000),
    formatPercent(43),
    formatDuration(7800),
    formatTimeLeft(240),
    formatParameters(10_731_524_096),
    formatDate(Date.UTC(2026, 10, 23, 12)),
    formatLanguage('de'),
  ].join(' ');
  expect(everything).toMatch(/\d/);
  expect(everything).not.toMatch(/[\u0660-\u0669\u06f0-\u06f9]/);
  expect(everything.match(/[A-Za-z]+/g)).toBeNull();
});

test('Arabic counts nothing, one, two, a few, many and hundreds with other words', async () => {
  await speak('ar');
  const texts = [0, 1, 2, 3, 11, 100].map((count) => m['message.length']({ count, number: formatNumber(count) }));
  expect(texts).toEqual(['لا رموز', 'رمز واحد', 'رمزان', '3 رموز', '11 رمزًا', '100 رمز']);
});

test('every language tells a duration without a word of another', async () => {
  for (const locale of locales) {
    await speak(locale);
    const text = formatDuration(7800);
    expect(text).toMatch(/10/); // the two hours are one word in Arabic
    if (locale !== 'en') expect(text).not.toMatch(/about|hours|minutes and/);
  }
});
