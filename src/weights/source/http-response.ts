// What a server's answer to a ranged request means. Pure: status and headers in, a verdict out; nothing is read yet.
//
// Of another site's headers only those that its server exposes (CORS) can be seen: Content-Range and ETag may be hidden where
// Content-Length and Last-Modified are not. What is hidden is taken as unknown, never as wrong.
import { AppError } from '#base/errors.ts';

/** What tells one version of a file from the next; null where the server does not say or hides it. */
export type Validators = { readonly etag: string | null; readonly lastModified: string | null };

export type RangeAnswer =
  /** Bytes from `start` up to, not including, `end` of a file of `sizeBytes` (null: hidden). */
  | {
      readonly kind: 'part';
      readonly start: number;
      readonly end: number;
      readonly sizeBytes: number | null;
      readonly validators: Validators;
    }
  /** The whole file from its beginning, because the server does not know ranges. `encoding`: its bytes are compressed on the way. */
  | {
      readonly kind: 'whole';
      readonly sizeBytes: number | null;
      readonly encoding: string | null;
      readonly validators: Validators;
    }
  /** There is no such range: the file ends before it. */
  | { readonly kind: 'beyond'; readonly sizeBytes: number | null };

export const RETRYABLE_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Reads the answer to a request for bytes `start` up to `end` of `url`; throws `source-http`, `source-not-weights` or `source-protocol`. */
export function readRangeAnswer(
  url: string,
  { status, headers }: { readonly status: number; readonly headers: Headers },
  { start, end }: { readonly start: number; readonly end: number },
): RangeAnswer {
  if (status === 416) return { kind: 'beyond', sizeBytes: totalOf(headers.get('content-range')) };
  if (status !== 200 && status !== 206) throw new AppError('source-http', { url, status, next: nextStep(status) });

  const type = headers.get('content-type')?.split(';')[0]!.trim().toLowerCase() ?? '';
  // A missing file's page, or a login page, served with a friendly status.
  if (type === 'text/html' || type === 'application/xhtml+xml') throw new AppError('source-not-weights', { url, type });
  const validators = { etag: headers.get('etag'), lastModified: headers.get('last-modified') };
  const encoding = encodingOf(headers);
  if (status === 200) {
    const sizeBytes = encoding === null ? countOf(headers.get('content-length')) : null;
    return { kind: 'whole', sizeBytes, encoding, validators };
  }

  const wrong = (found: string) =>
    new AppError('source-protocol', { url, found, expected: `bytes ${start} to ${end - 1}` });
  if (type === 'multipart/byteranges') throw wrong('several ranges in one body');
  if (encoding !== null) throw wrong(`a range compressed with ${encoding}`);
  const text = headers.get('content-range');
  const length = countOf(headers.get('content-length'));
  if (text === null) {
    if (length !== null && length > end - start) throw wrong(`${length} bytes`);
    return { kind: 'part', start, end: start + (length ?? end - start), sizeBytes: null, validators };
  }
  const range = parseContentRange(text);
  // A server may give less than was asked for, from the same start; the rest is asked for again.
  if (range === null || range.start !== start || range.end > end) throw wrong(`Content-Range "${text}"`);
  if (length !== null && length !== range.end - range.start) {
    throw wrong(`${length} bytes with Content-Range "${text}"`);
  }
  return { kind: 'part', ...range, validators };
}

/** Parses `bytes first-last/size`, where the size may be `*`; null for anything else. */
export function parseContentRange(text: string): { start: number; end: number; sizeBytes: number | null } | null {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(text.trim());
  if (!match) return null;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const sizeBytes = match[3] === '*' ? null : Number(match[3]);
  return end > start && (sizeBytes === null || end <= sizeBytes) ? { start, end, sizeBytes } : null;
}

/** Milliseconds of a Retry-After header, seconds or a date; null when there is none that can be read. */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** The first of the two that is known on both sides and differs; null when nothing shows a change. */
export function findChange(
  before: Validators,
  after: Validators,
): { what: string; before: string; after: string } | null {
  if (before.etag !== null && after.etag !== null) {
    return before.etag === after.etag ? null : { what: 'its ETag', before: before.etag, after: after.etag };
  }
  if (before.lastModified !== null && after.lastModified !== null && before.lastModified !== after.lastModified) {
    return { what: 'its date', before: before.lastModified, after: after.lastModified };
  }
  return null;
}

function encodingOf(headers: Headers): string | null {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  return encoding === '' || encoding === 'identity' ? null : encoding;
}

function countOf(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}

function totalOf(contentRange: string | null): number | null {
  const match = /^bytes \*\/(\d{1,15})$/.exec(contentRange?.trim() ?? '');
  return match ? Number(match[1]) : null;
}

function nextStep(status: number): string {
  if (status === 404 || status === 410) return 'The file is not there: check the address.';
  if (status === 401 || status === 403)
    return 'The file needs a login or a licence to be accepted: download it and choose it from disk.';
  if (status === 429) return 'Too many requests: wait some minutes.';
  if (status >= 500) return 'The server is in trouble: try again later.';
  return 'Check the address.';
}
