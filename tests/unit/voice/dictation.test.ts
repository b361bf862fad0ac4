// The browser's recognition does not run where tests do (headless Chromium has none), so it is played here at its edge: the
// class, its events and the errors that browsers send. What is tested is all that lies behind that.
import { expect, test, vi } from 'vitest';
import { beginDraft, draftWith } from '#voice/dictated-draft.ts';
import { joinResults, startDictation } from '#voice/dictation.ts';
import { dictationPlace, findRecognition, installPack } from '#voice/recognition.ts';
import type { Recognition, RecognitionClass } from '#voice/recognition.ts';

const result = (transcript: string, isFinal: boolean) => ({ 0: { transcript }, isFinal });

function playedRecognition(): { Class: RecognitionClass; current: () => Recognition } {
  let made: Recognition;
  class Played {
    onstart = null;
    onresult = null;
    onerror = null;
    onend = null;
    start = vi.fn();
    stop = vi.fn();
    abort = vi.fn();
    constructor() {
      made = this as unknown as Recognition;
    }
  }
  return { Class: Played as unknown as RecognitionClass, current: () => made };
}

function begin(isLocal = false) {
  const { Class, current } = playedRecognition();
  const events = { onStart: vi.fn(), onText: vi.fn(), onEnd: vi.fn() };
  const dictation = startDictation(Class, { language: 'ar', isLocal, isContinuous: true }, events);
  return { dictation, events, recognition: current() };
}

test('tells settled words apart from those that may still change', () => {
  const { events, recognition } = begin();
  expect(recognition).toMatchObject({ lang: 'ar', continuous: true, interimResults: true });
  expect(recognition.start).toHaveBeenCalledOnce();
  recognition.onstart!();
  expect(events.onStart).toHaveBeenCalledOnce();
  recognition.onresult!({ results: [result('hello', true), result(' there', false), result(' you', false)] });
  expect(events.onText).toHaveBeenLastCalledWith('hello', 'there you');
  recognition.onresult!({ results: [result('hello', true), result('there you all', true)] });
  expect(events.onText).toHaveBeenLastCalledWith('hello there you all', '');
  recognition.onend!();
  expect(events.onEnd).toHaveBeenCalledExactlyOnceWith(null);
});

test('listens on this device only when that was promised', () => {
  expect(begin(true).recognition.processLocally).toBe(true);
  expect(begin(false).recognition.processLocally).toBeUndefined();
});

test.each([
  ['not-allowed', 'dictation-denied'],
  ['service-not-allowed', 'dictation-blocked'],
  ['audio-capture', 'dictation-no-microphone'],
  ['network', 'dictation-network'],
  ['language-not-supported', 'dictation-language'],
  ['no-speech', 'dictation-silence'],
  ['aborted', 'dictation-failed'],
  ['bad-grammar', 'dictation-failed'],
])('%s ends it once, as %s', (error, code) => {
  const { events, recognition } = begin();
  const { onend } = recognition;
  recognition.onerror!({ error });
  onend?.call(recognition); // browsers send both
  expect(events.onEnd).toHaveBeenCalledOnce();
  expect(events.onEnd.mock.calls[0]![0]).toMatchObject({ code, details: { reason: error, language: 'ar' } });
});

test('silence after stopping is no error, and cancelling hears nothing more', () => {
  const stopped = begin();
  stopped.dictation.stop();
  stopped.recognition.onerror!({ error: 'no-speech' });
  expect(stopped.events.onEnd).toHaveBeenCalledExactlyOnceWith(null);

  const cancelled = begin();
  cancelled.dictation.cancel();
  expect(cancelled.recognition.abort).toHaveBeenCalledOnce();
  expect(cancelled.recognition.onresult).toBeNull();
  expect(cancelled.events.onEnd).toHaveBeenCalledExactlyOnceWith(null);
});

test('a start that the browser refuses is an error like others', () => {
  const { Class } = playedRecognition();
  const Refusing = class extends (Class as unknown as new () => Recognition) {
    override start = () => {
      throw new DOMException('no', 'InvalidStateError');
    };
  } as unknown as RecognitionClass;
  const onEnd = vi.fn();
  const events = { onStart: vi.fn(), onText: vi.fn(), onEnd };
  startDictation(Refusing, { language: 'en', isLocal: false, isContinuous: true }, events);
  expect(onEnd.mock.calls[0]![0]).toMatchObject({ code: 'dictation-failed', details: { reason: 'InvalidStateError' } });
});

test('asks the browser where it would understand a language, and takes silence for a server', async () => {
  const { Class } = playedRecognition();
  const saying = (state: string | Error, install?: () => Promise<boolean>) =>
    Object.assign(class extends (Class as unknown as new () => Recognition) {}, {
      available: () => (state instanceof Error ? Promise.reject(state) : Promise.resolve(state)),
      ...(install ? { install } : {}),
    }) as unknown as RecognitionClass;
  const install = () => Promise.resolve(true);
  expect(await dictationPlace(Class, 'en')).toBe('server');
  expect(await dictationPlace(saying('available'), 'en')).toBe('device');
  expect(await dictationPlace(saying('downloadable', install), 'en')).toBe('pack');
  expect(await dictationPlace(saying('downloadable'), 'en')).toBe('server');
  expect(await dictationPlace(saying('unavailable', install), 'en')).toBe('server');
  expect(await dictationPlace(saying(new TypeError('old form')), 'en')).toBe('server');
  expect(await installPack(saying('downloadable', install), 'en')).toBe(true);
  expect(
    await installPack(
      saying('downloadable', () => Promise.reject(new Error('offline'))),
      'en',
    ),
  ).toBe(false);
  expect(findRecognition({})).toBeNull();
  expect(findRecognition({ webkitSpeechRecognition: Class })).toBe(Class);
});

test('results join to words, not to one word', () => {
  expect(joinResults([result('one', true), result('two', true), result(', three', true)])).toEqual([
    'one two, three',
    '',
  ]);
  expect(joinResults([result('你好', true), result('世界', true)])).toEqual(['你好世界', '']);
  expect(joinResults([{ isFinal: true } as never])).toEqual(['', '']);
});

test('words come in where the cursor is, and the cursor stays behind them', () => {
  const draft = beginDraft('Tell me. Thanks', 8, 8);
  expect(draftWith(draft, '')).toEqual({ text: 'Tell me. Thanks', cursor: 8 });
  expect(draftWith(draft, 'more')).toEqual({ text: 'Tell me. more Thanks', cursor: 13 });
  expect(draftWith(beginDraft('ab [x] cd', 3, 6), 'and')).toEqual({ text: 'ab and cd', cursor: 6 });
  expect(draftWith(beginDraft('', 0, 0), 'first words')).toEqual({ text: 'first words', cursor: 11 });
  expect(draftWith(beginDraft('(see)', 4, 4), 'this')).toEqual({ text: '(see this)', cursor: 9 });
});
