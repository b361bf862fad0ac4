// Numbers, sizes, times and dates as the language of the page writes them. Decimal units: a 98 MB file is 98,000,000 bytes,
// as on a download page. Arabic with the digits 0 to 9: models write those, and so do names such as Q4_K_M.
import { m } from './paraglide/messages.js';
import { getLocale } from './paraglide/runtime.js';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

const formats = new Map<string, Intl.NumberFormat>();

function format(value: number, options: Intl.NumberFormatOptions): string {
  const locale = tag();
  const key = `${locale} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (found === undefined) formats.set(key, (found = new Intl.NumberFormat(locale, options)));
  return found.format(value);
}

const tag = (): string => (getLocale() === 'ar' ? 'ar-u-nu-latn' : getLocale());

function unitOf(bytes: number): { index: number; value: number } {
  let value = Math.max(0, bytes);
  let index = 0;
  while (value >= 999.5 && index < UNITS.length - 1) {
    value /= 1000;
    index++;
  }
  return { index, value };
}

const digitsOf = ({ index, value }: { index: number; value: number }): number =>
  index >= 3 || (index > 0 && value < 9.95) ? 1 : 0;

/** "98 MB", "6.1 GB". */
export function formatBytes(bytes: number): string {
  const size = unitOf(bytes);
  const unitDisplay = size.index === 0 ? 'long' : 'short'; // "5 bytes", where the short form is "5 byte"
  return format(size.value, {
    style: 'unit',
    unit: UNITS[size.index]!,
    unitDisplay,
    maximumFractionDigits: digitsOf(size),
  });
}

/** "43 of 98 MB": the total's unit is used for both, so that the first number is seen to grow. */
export function formatBytesOf(done: number, total: number): string {
  const { index } = unitOf(total);
  const digits = index >= 3 ? 2 : 0;
  const part = format(Math.min(done, total) / 1000 ** index, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return m['format.bytesOf']({ part, whole: formatBytes(total) });
}

/** "12 MB/s". */
export function formatRate(bytesPerSecond: number): string {
  const size = unitOf(bytesPerSecond);
  return format(size.value, {
    style: 'unit',
    unit: `${UNITS[size.index]!}-per-second`,
    maximumFractionDigits: digitsOf(size),
  });
}

/** "a few seconds", "about 4 min", "about 2 hr 10 min": rough on purpose, it is an estimate. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 5) return m['format.fewSeconds']();
  const short = (value: number, unit: string): string => format(value, { style: 'unit', unit });
  if (seconds < 60) return m['format.about']({ time: short(Math.ceil(seconds / 5) * 5, 'second') });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return m['format.about']({ time: short(minutes, 'minute') });
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60 === 0 ? '' : ` ${short(minutes % 60, 'minute')}`;
  return m['format.about']({ time: `${short(hours, 'hour')}${rest}` });
}

/** "0.8 sec", "12 sec". */
export function formatSeconds(seconds: number): string {
  const digits = seconds < 0.995 ? 2 : seconds < 9.95 ? 1 : 0;
  return format(seconds, { style: 'unit', unit: 'second', maximumFractionDigits: digits });
}

/** "1,024"; numbers below ten keep one decimal: "4.5". */
export function formatNumber(value: number): string {
  return format(value, { maximumFractionDigits: value < 9.95 ? 1 : 0 });
}

/** "43%", of a number from 0 to 100. */
export function formatPercent(percent: number): string {
  return format(percent / 100, { style: 'percent', maximumFractionDigits: 0 });
}

/** How many words so many tokens are, roughly and in hundreds: "1,500". */
export function formatWords(tokens: number): string {
  return formatNumber(Math.round((tokens * 0.75) / 100) * 100);
}

/** "135 million", "10.7 billion". */
export function formatParameters(count: number): string {
  return format(count, { notation: 'compact', compactDisplay: 'long', maximumSignificantDigits: 3 });
}

/** "about 12 minutes", "about 2 hours and 10 minutes", in words for a sentence. */
export function formatDuration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return m['format.lessThanMinute']();
  const long = (value: number, unit: string): string => format(value, { style: 'unit', unit, unitDisplay: 'long' });
  if (minutes < 60) return m['format.about']({ time: long(minutes, 'minute') });
  const hours = Math.floor(minutes / 60);
  const rest = hours < 10 ? Math.round((minutes % 60) / 10) * 10 : 0;
  if (rest === 60) return m['format.about']({ time: long(hours + 1, 'hour') });
  const whole = long(hours, 'hour');
  const time = rest === 0 ? whole : m['format.hoursAndMinutes']({ hours: whole, minutes: long(rest, 'minute') });
  return m['format.about']({ time });
}

/** "November 23, 2026"; milliseconds since 1970. */
export const formatDate = (ms: number): string =>
  new Date(ms).toLocaleDateString(tag(), { day: 'numeric', month: 'long', year: 'numeric' });

/** "English" for "en"; the code itself where the browser knows no name for it. */
export function formatLanguage(code: string): string {
  try {
    return new Intl.DisplayNames([tag()], { type: 'language' }).of(code) ?? code;
  } catch {
    return code; // not a language tag
  }
}
