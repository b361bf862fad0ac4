// Voices do not run where tests do (headless Chromium has none), so the speaking half of the browser is played here at its
// edge: it is given utterances and sends their events. What is tested is all that lies behind that.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Reader } from '#voice/reader.ts';
import { utterancesOf } from '#voice/speech-text.ts';

const TEXT = 'The first sentence. And a second one. Third!';
const VOICE = { lang: 'en-GB' } as SpeechSynthesisVoice;
type Played = SpeechSynthesisUtterance & { text: string };

const queue: Played[] = [];
const cancel = vi.fn();
const resume = vi.fn();
let paused = false;
const speaker = {
  synthesis: {
    speak: (one: SpeechSynthesisUtterance) => void queue.push(one as Played),
    cancel,
    resume,
    get paused() {
      return paused;
    },
  },
  newUtterance: (text: string) => ({ text }) as SpeechSynthesisUtterance,
};
const onEnd = vi.fn();
const onPlace = vi.fn();

function reader(voiceOf: () => SpeechSynthesisVoice | null = () => VOICE): Reader {
  const utterances = utterancesOf([{ kind: 'text', text: TEXT, at: 0 }], 'en');
  return new Reader(speaker, utterances, { voiceOf, rate: 1.2, patienceMs: 1000 }, { onPlace, onEnd });
}
const event = <Name extends string>(fields: Record<Name, unknown>) => fields as never;
const words = (): (string | null)[] =>
  onPlace.mock.lastCall!.map((place: { start: number; end: number } | null) =>
    place === null ? null : TEXT.slice(place.start, place.end),
  );

beforeEach(() => {
  vi.useFakeTimers();
  queue.length = 0;
  paused = false;
  vi.clearAllMocks();
});
afterEach(() => vi.useRealTimers());

test('speaks one sentence after the other with the voice and speed that were chosen, and ends', () => {
  reader().play();
  const spoken: string[] = [];
  while (queue.length > 0) {
    const one = queue.shift()!;
    expect(one).toMatchObject({ voice: VOICE, lang: 'en-GB', rate: 1.2 });
    spoken.push(one.text);
    one.onstart?.(event({}));
    one.onend?.(event({}));
  }
  expect(spoken.join('')).toBe(TEXT);
  expect(onEnd).toHaveBeenCalledExactlyOnceWith(null);
  expect(words()).toEqual([null, null]);
});

test('shows the sentence, and the word that is spoken, with or without its length', () => {
  reader().play();
  queue[0]!.onstart?.(event({}));
  expect(words()).toEqual(['The first sentence. ', null]);
  queue[0]!.onboundary?.(event({ name: 'word', charIndex: 4, charLength: 5 }));
  expect(words()).toEqual(['The first sentence. ', 'first']);
  queue[0]!.onboundary?.(event({ name: 'word', charIndex: 10 }));
  expect(words()[1]).toBe('sentence');
});

test('goes on after a pause with the word it had come to', () => {
  const one = reader();
  one.play();
  const first = queue.shift()!;
  first.onboundary?.(event({ name: 'word', charIndex: 10, charLength: 8 }));
  one.pause();
  expect(cancel).toHaveBeenCalledOnce();
  first.onerror?.(event({ error: 'interrupted' })); // what cancelling sends
  first.onend?.(event({}));
  expect(onEnd).not.toHaveBeenCalled();
  expect(queue).toEqual([]);
  one.play();
  expect(queue[0]!.text).toBe('sentence. ');
  queue[0]!.onboundary?.(event({ name: 'word', charIndex: 0, charLength: 8 }));
  expect(words()[1]).toBe('sentence');
});

test('steps to the next sentence, back to the beginning of one, and to the one before', () => {
  const one = reader();
  one.play();
  one.skip(1);
  expect(queue.at(-1)!.text).toBe('And a second one. ');
  queue.at(-1)!.onboundary?.(event({ name: 'word', charIndex: 6, charLength: 6 }));
  one.skip(-1);
  expect(queue.at(-1)!.text).toBe('And a second one. ');
  one.skip(-1);
  expect(queue.at(-1)!.text).toBe('The first sentence. ');
  one.pause();
  const count = queue.length;
  one.skip(1);
  expect(queue).toHaveLength(count);
  expect(words()[0]).toBe('And a second one. ');
});

test('stopping clears what was marked and says nothing more', () => {
  const one = reader();
  one.play();
  one.stop();
  expect(words()).toEqual([null, null]);
  one.play();
  expect(queue).toHaveLength(1);
});

test.each([
  ['not-allowed', 'reading-denied'],
  ['network', 'reading-network'],
  ['audio-busy', 'reading-audio'],
  ['voice-unavailable', 'reading-no-voice'],
  ['synthesis-failed', 'reading-failed'],
])('%s ends it as %s', (error, code) => {
  reader().play();
  queue[0]!.onerror?.(event({ error }));
  expect(onEnd).toHaveBeenCalledOnce();
  expect(onEnd.mock.calls[0]![0]).toMatchObject({ code });
});

test('a voice that says nothing at all is given up, and one that has begun is not', () => {
  reader().play();
  vi.advanceTimersByTime(1001);
  expect(onEnd.mock.calls[0]![0]).toMatchObject({ code: 'reading-failed', details: { reason: 'silent' } });
  onEnd.mockClear();
  reader().play();
  queue.at(-1)!.onstart?.(event({}));
  vi.advanceTimersByTime(60_000);
  expect(onEnd).not.toHaveBeenCalled();
});

test('without a voice for the language nothing is spoken', () => {
  reader(() => null).play();
  expect(queue).toEqual([]);
  expect(onEnd.mock.calls[0]![0]).toMatchObject({ code: 'reading-no-voice', details: { language: 'en' } });
});

test('a voice that another page left paused is woken', () => {
  paused = true;
  reader().play();
  expect(resume).toHaveBeenCalledOnce();
});
