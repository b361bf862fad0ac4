import { expect, test } from 'vitest';
import { errorWords } from '#lib/text/errors.ts';

test('sizes are told as people read them, and the one thing to do goes with them', () => {
  const words = errorWords({
    code: 'storage-full',
    details: { neededBytes: 6_071_640_064, freeBytes: 0, quotaBytes: 1 },
  });
  expect(words.text).toContain('needs 6.1 GB more, and 0 bytes are free');
  expect(words.action).toBe('space');
});

test('a server is named by its host, without the path that may say more', () => {
  const { text } = errorWords({
    code: 'source-http',
    details: { url: 'https://h.example/a/b.gguf?token=x', status: 404 },
  });
  expect(text).toMatch(/^h\.example refused .* 404/);
  expect(text).not.toContain('token');
});

test('missing details leave whole sentences', () => {
  for (const code of ['storage-full', 'source-http', 'source-unreachable', 'source-not-weights', 'source-protocol']) {
    expect(errorWords({ code, details: {} }).text).not.toMatch(/undefined|NaN|null/);
  }
});

test('a code that a newer worker sends is told as the engine’s', () => {
  expect(errorWords({ code: 'not-known-here', details: {} })).toEqual(
    errorWords({ code: 'engine-failed', details: {} }),
  );
});
