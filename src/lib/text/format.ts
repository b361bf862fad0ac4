// Numbers as people read them. Decimal units: a 98 MB file is 98,000,000 bytes, as on a download page.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
const LOCALE = 'en';

/** "98 MB", "6.1 GB", "0 B". */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit >= 3 || (unit > 0 && value < 9.95) ? 1 : 0;
  return `${value.toLocaleString(LOCALE, { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

/** "43 of 98 MB": the total's unit is used for both, so that the first number is seen to grow. */
export function formatBytesOf(done: number, total: number): string {
  const whole = formatBytes(total);
  const unit = UNITS.findIndex((one) => whole.endsWith(` ${one}`));
  const digits = unit >= 3 ? 2 : 0;
  const part = (Math.min(done, total) / 1000 ** unit).toLocaleString(LOCALE, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${part} of ${whole}`;
}

/** "12 MB/s". */
export const formatRate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;

/** "less than a minute", "about 4 min", "about 2 h 10 min": rough on purpose, it is an estimate. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 5) return 'a few seconds';
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return `about ${hours} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
}

/** "0.8 s", "12 s". */
export function formatSeconds(seconds: number): string {
  const digits = seconds < 0.995 ? 2 : seconds < 9.95 ? 1 : 0;
  return `${seconds.toLocaleString(LOCALE, { maximumFractionDigits: digits })} s`;
}

/** "1,024"; numbers below ten keep one decimal: "4.5". */
export function formatNumber(value: number): string {
  return value.toLocaleString(LOCALE, { maximumFractionDigits: value < 9.95 ? 1 : 0 });
}

/** "135 million", "10.7 billion". */
export function formatParameters(count: number): string {
  const [value, unit] = count >= 999.5e6 ? [count / 1e9, 'billion'] : [count / 1e6, 'million'];
  return `${value.toLocaleString(LOCALE, { maximumSignificantDigits: 3 })} ${unit}`;
}

/** "about 12 minutes", "about 2 hours and 10 minutes", in words for a sentence. */
export function formatDuration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return 'less than a minute';
  const some = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (minutes < 60) return `about ${some(minutes, 'minute')}`;
  const hours = Math.floor(minutes / 60);
  const rest = hours < 10 ? Math.round((minutes % 60) / 10) * 10 : 0;
  if (rest === 60) return `about ${some(hours + 1, 'hour')}`;
  return `about ${some(hours, 'hour')}${rest === 0 ? '' : ` and ${rest} minutes`}`;
}

/** "23 November 2026"; milliseconds since 1970. */
export const formatDate = (ms: number): string =>
  new Date(ms).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

/** "English" for "en"; the code itself where the browser knows no name for it. */
export function formatLanguage(code: string): string {
  try {
    return new Intl.DisplayNames([LOCALE], { type: 'language' }).of(code) ?? code;
  } catch {
    return code; // not a language tag
  }
}
