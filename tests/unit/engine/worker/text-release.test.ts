import { describe, expect, it } from 'vitest';
import { releasableLength } from '#engine/worker/text-release.ts';

const released = (text: string, stops: string[] = []) => text.slice(0, releasableLength(text, stops));

describe('streamed text', () => {
  it('is released whole when nothing can change it', () => {
    expect(released('Hello world')).toBe('Hello world');
    expect(released('', ['###'])).toBe('');
  });

  it('is held from where a stop string may have begun', () => {
    expect(released('one #', ['###'])).toBe('one ');
    expect(released('one ##', ['###'])).toBe('one ');
    expect(released('one #two', ['###'])).toBe('one #two');
  });

  it('takes the earliest beginning among several stops', () => {
    expect(released('a</s', ['</s>', 's!'])).toBe('a');
    expect(released('aab', ['abc', 'aabd'])).toBe('');
  });

  it('holds the longest beginning of a stop that repeats itself', () => {
    expect(released('xaa', ['aab'])).toBe('x');
    expect(released('xaaa', ['aab'])).toBe('xa');
  });

  it('is held while a character is incomplete', () => {
    expect(released('caf\uFFFD')).toBe('caf');
    expect(released('ok \uFFFD\uFFFD\uFFFD')).toBe('ok ');
  });

  it('releases replacement characters that have become part of the text', () => {
    expect(released('\uFFFD'.repeat(10))).toBe('\uFFFD'.repeat(6));
    expect(released('\uFFFDx')).toBe('\uFFFDx');
  });

  it('looks for a stop before an incomplete character', () => {
    expect(released('one #\uFFFD', ['#!'])).toBe('one ');
  });

  it('never releases less than it did before as text grows by one character', () => {
    const text = 'ab##ab#ab####abab';
    let before = 0;
    for (let size = 0; size < text.length; size++) {
      const prefix = text.slice(0, size);
      if (prefix.includes('###')) break;
      const length = releasableLength(prefix, ['###', 'bab']);
      expect(length).toBeGreaterThanOrEqual(before);
      before = length;
    }
    expect(before).toBeGreaterThan(4);
  });
});
