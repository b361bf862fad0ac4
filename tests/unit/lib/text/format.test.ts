import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatBytesOf,
  formatDuration,
  formatNumber,
  formatParameters,
  formatSeconds,
  formatTimeLeft,
} from '#lib/text/format.ts';

describe('formatBytes', () => {
  test.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [1500, '1.5 kB'],
    [98_123_456, '98 MB'],
    [999_499_999, '999 MB'],
    [999_500_000, '1 GB'],
    [6_071_640_064, '6.1 GB'],
    [11_403_411_456, '11.4 GB'],
    [-5, '0 bytes'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

test('a part is told in the unit of its whole and never exceeds it', () => {
  expect(formatBytesOf(0, 98_123_456)).toBe('0 of 98 MB');
  expect(formatBytesOf(43_000_000, 98_123_456)).toBe('43 of 98 MB');
  expect(formatBytesOf(500_000_000, 6_071_640_064)).toBe('0.50 of 6.1 GB');
  expect(formatBytesOf(99_000_000, 98_000_000)).toBe('98 of 98 MB');
});

test.each([
  [0, 'a few seconds'],
  [12, 'about 15 sec'],
  [59, 'about 60 sec'],
  [240, 'about 4 min'],
  [3600, 'about 1 hr'],
  [7800, 'about 2 hr 10 min'],
])('%d seconds left is %s', (seconds, text) => {
  expect(formatTimeLeft(seconds)).toBe(text);
});

test.each([
  [0, 'less than a minute'],
  [29, 'less than a minute'],
  [30, 'about 1 minute'],
  [750, 'about 13 minutes'],
  [3590, 'about 1 hour'],
  [7800, 'about 2 hours and 10 minutes'],
  [2 * 3600 - 120, 'about 2 hours'],
  [12 * 3600 + 1800, 'about 12 hours'],
])('a forecast of %d seconds is %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('small numbers keep a decimal and large ones do not', () => {
  expect(formatNumber(4.53)).toBe('4.5');
  expect(formatNumber(45.3)).toBe('45');
  expect(formatNumber(12_345)).toBe('12,345');
  expect(formatSeconds(0.123)).toBe('0.12 sec');
  expect(formatSeconds(12.34)).toBe('12 sec');
  expect(formatParameters(134_515_008)).toBe('135 million');
  expect(formatParameters(10_731_524_096)).toBe('10.7 billion');
});
