import { expect, test } from 'vitest';
import { findChange, parseContentRange, retryAfterMs } from '#weights/source/http-response.ts';

test('reads a Content-Range, with and without the size', () => {
  expect(parseContentRange('bytes 0-99/200')).toEqual({ start: 0, end: 100, sizeBytes: 200 });
  expect(parseContentRange(' bytes 5-5/* ')).toEqual({ start: 5, end: 6, sizeBytes: null });
});

test.each(['', 'bytes', 'bytes 1-0/9', 'bytes 0-9/5', 'items 0-9/10', 'bytes -1-9/10', 'bytes 0x1-9/10', 'bytes */10'])(
  'takes "%s" for no range',
  (text) => expect(parseContentRange(text)).toBeNull(),
);

test('reads Retry-After in seconds and as a date', () => {
  const after = (value: string) =>
    retryAfterMs(new Headers({ 'retry-after': value }), Date.parse('2024-01-01T00:00:00Z'));
  expect(after('7')).toBe(7000);
  expect(after('Mon, 01 Jan 2024 00:00:30 GMT')).toBe(30_000);
  expect(after('Sun, 31 Dec 2023 00:00:00 GMT')).toBe(0);
  expect(after('soon')).toBeNull();
  expect(retryAfterMs(new Headers(), 0)).toBeNull();
});

test('a change shows only in what both answers say', () => {
  const hidden = { etag: null, lastModified: null };
  const dated = { etag: null, lastModified: 'a' };
  expect(findChange({ etag: '"1"', lastModified: 'a' }, { etag: '"1"', lastModified: 'b' })).toBeNull();
  expect(findChange({ etag: '"1"', lastModified: 'a' }, hidden)).toBeNull();
  expect(findChange(dated, { etag: '"1"', lastModified: 'b' })).toMatchObject({ what: 'its date' });
  expect(findChange({ etag: '"1"', lastModified: null }, { etag: '"2"', lastModified: null })).not.toBeNull();
});
