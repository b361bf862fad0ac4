// Dictation and reading aloud from the click to the draft and the marked word. Headless Chromium recognises no speech and has
// no voices, so those two halves of the browser are played at their edge; everything behind it is real.
import type { Component } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { Voice } from '#lib/state/voice.svelte.ts';
import type { VoiceOutside } from '#lib/state/voice.svelte.ts';
import { render } from '#tests/browser/ui/render.ts';
import type { Recognition, RecognitionClass } from '#voice/recognition.ts';
import VoiceDock from '../../../src/routes/VoiceDock.svelte';

let heard: Recognition | null;
let spoken: SpeechSynthesisUtterance[];
const cancel = vi.fn();

class PlayedRecognition {
  onstart = null;
  onresult = null;
  onerror = null;
  onend = null;
  start = vi.fn();
  stop = vi.fn();
  abort = vi.fn();
  constructor() {
    heard = this as unknown as Recognition;
  }
}

const recognitionWith = (parts: object = {}): RecognitionClass =>
  Object.assign(class extends PlayedRecognition {}, parts) as unknown as RecognitionClass;
const voiceOf = (lang: string, localService = true): SpeechSynthesisVoice => ({
  lang,
  localService,
  name: `${lang} voice`,
  voiceURI: lang,
  default: false,
});

beforeEach(() => {
  heard = null;
  spoken = [];
  vi.clearAllMocks();
});

function newVoice(changes: Partial<VoiceOutside> = {}, stored: string | null = null) {
  const draft = { text: '' };
  const kept = { settings: stored };
  const said: string[] = [];
  const synthesis = {
    speak: (one: SpeechSynthesisUtterance) => void spoken.push(one),
    cancel,
    resume: vi.fn(),
    paused: false,
  };
  const voice = new Voice({
    recognition: () => recognitionWith(),
    speaker: () => ({ synthesis, newUtterance: (text) => ({ text }) as SpeechSynthesisUtterance }),
    voices: async () => [voiceOf('en-US'), voiceOf('ar-EG')],
    language: () => 'en-US',
    isHandheld: () => false,
    isCalm: () => true,
    readSettings: async () => kept.settings,
    writeSettings: async (settings) => void (kept.settings = settings),
    write: (text) => (draft.text = text),
    say: (text) => said.push(text),
    ...changes,
  });
  return { voice, draft, kept, said };
}

const WANTED = JSON.stringify({ dictation: true });
const AT_END = (text: string) => ({ text, from: text.length, to: text.length });
const results = (...all: [string, boolean][]) => ({
  results: all.map(([transcript, isFinal]) => ({ 0: { transcript }, isFinal })),
});

test('both are off until they are wanted, and the choice is kept', async () => {
  const { voice, kept } = newVoice();
  await voice.start();
  expect([voice.offersDictation, voice.offersReading]).toEqual([false, false]);
  voice.change({ dictation: true, reading: true });
  const again = newVoice({}, kept.settings);
  await again.voice.start();
  expect([again.voice.offersDictation, again.voice.offersReading]).toEqual([true, true]);
  const without = newVoice({ recognition: () => null, speaker: () => null }, kept.settings);
  await without.voice.start();
  expect([without.voice.offersDictation, without.voice.offersReading]).toEqual([false, false]);
});

test('nothing listens before the person agreed that the voice leaves the device, and they are asked once', async () => {
  const { voice, kept } = newVoice({}, WANTED);
  await voice.start();
  await voice.dictating.toggle(AT_END(''));
  expect(voice.dictating).toMatchObject({ status: 'asking', place: 'server' });
  expect(heard).toBeNull();
  voice.dictating.refuse();
  expect(voice.dictating.status).toBe('idle');
  expect(kept.settings).toBe(WANTED);

  await voice.dictating.toggle(AT_END(''));
  await voice.dictating.allow();
  expect(heard!.start).toHaveBeenCalledOnce();
  expect(heard).toMatchObject({ lang: 'en-US', continuous: true });
  expect(JSON.parse(kept.settings!)).toMatchObject({ mayDictateOnline: true });
  voice.dictating.cancel();
  await voice.dictating.toggle(AT_END(''));
  expect(voice.dictating.status).toBe('starting');
});

test('agreeing in the dialog begins to listen, and the dialog that closes does not end it', async () => {
  const { voice } = newVoice({}, WANTED);
  await voice.start();
  render(VoiceDock as Component<Record<string, unknown>>, { app: { voice, detailsOf: () => '' }, onaction: vi.fn() });
  await voice.dictating.toggle(AT_END(''));
  await page.getByRole('button', { name: 'Send my voice' }).click();
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  await new Promise((resolve) => setTimeout(resolve, 100));
  heard!.onstart!();
  expect(voice.dictating.status).toBe('listening');
  heard!.onerror!({ error: 'audio-capture' });
  await expect.element(page.getByRole('alert')).toHaveTextContent(/No microphone was found/);
});

test('a browser that understands by itself is not asked for, and is held to that', async () => {
  const { voice } = newVoice({ recognition: () => recognitionWith({ available: async () => 'available' }) });
  await voice.dictating.toggle(AT_END(''));
  expect(heard!.processLocally).toBe(true);
});

test('a language pack is fetched when the person says so', async () => {
  const install = vi.fn(async () => true);
  const { voice } = newVoice({
    recognition: () => recognitionWith({ available: async () => 'downloadable', install }),
  });
  await voice.dictating.toggle(AT_END(''));
  expect(voice.dictating).toMatchObject({ status: 'asking', place: 'pack' });
  expect(install).not.toHaveBeenCalled();
  await voice.dictating.install();
  expect(install).toHaveBeenCalledExactlyOnceWith({ langs: ['en-US'], processLocally: true });
  expect(heard!.processLocally).toBe(true);

  const failing = newVoice({
    recognition: () => recognitionWith({ available: async () => 'downloadable', install: async () => false }),
  });
  await failing.voice.dictating.toggle(AT_END(''));
  await failing.voice.dictating.install();
  expect(failing.voice.error?.code).toBe('dictation-pack');
  expect(failing.voice.dictating.status).toBe('idle');
});

test('words come into the draft at the cursor while they are spoken, and stay when it ends', async () => {
  const { voice, draft, said } = newVoice({}, JSON.stringify({ mayDictateOnline: true }));
  await voice.start();
  await voice.dictating.toggle({ text: 'Dear Ana, Thanks', from: 9, to: 9 });
  heard!.onstart!();
  expect(voice.dictating.status).toBe('listening');
  heard!.onresult!(results(['how are', false]));
  expect(draft.text).toBe('Dear Ana, how are Thanks');
  expect(voice.dictating.cursor).toBe(17);
  heard!.onresult!(results(['how are you', true]));
  expect(draft.text).toBe('Dear Ana, how are you Thanks');
  await voice.dictating.toggle(AT_END(draft.text));
  expect(heard!.stop).toHaveBeenCalledOnce();
  heard!.onend!();
  expect(voice.dictating).toMatchObject({ status: 'idle', cursor: null });
  expect(said).toEqual(['Dictation ended.']);
});

test('what is sent or written by hand is not written over by words that come late', async () => {
  const { voice, draft } = newVoice({}, JSON.stringify({ mayDictateOnline: true }));
  await voice.start();
  await voice.dictating.toggle(AT_END(''));
  const { onresult } = heard!;
  voice.dictating.cancel();
  draft.text = 'by hand';
  onresult?.call(heard, results(['late words', true]));
  expect(draft.text).toBe('by hand');
  expect(heard!.abort).toHaveBeenCalledOnce();
});

test('why it failed is told, and it can be tried again', async () => {
  const { voice } = newVoice({}, JSON.stringify({ mayDictateOnline: true }));
  await voice.start();
  await voice.dictating.toggle(AT_END(''));
  heard!.onerror!({ error: 'not-allowed' });
  expect(voice.error?.code).toBe('dictation-denied');
  expect(voice.dictating.status).toBe('idle');
});

function answer(html: string): HTMLElement {
  const element = document.createElement('div');
  element.append(...html.split('|').map((text) => Object.assign(document.createElement('p'), { textContent: text })));
  document.body.append(element);
  return element;
}

test('reads an answer to its end with a voice of each language, and says which speaks', async () => {
  const { voice } = newVoice();
  await voice.reading.toggle('m1', answer('The sun is bright.|الشمس ساطعة.'));
  expect(voice.reading.now).toMatchObject({
    id: 'm1',
    isPaused: false,
    voice: { name: 'en-US voice', isRemote: false },
  });
  spoken[0]!.onend?.({} as SpeechSynthesisEvent);
  expect(voice.reading.now?.voice?.name).toBe('ar-EG voice');
  spoken[1]!.onend?.({} as SpeechSynthesisEvent);
  expect(voice.reading.now).toBeNull();
});

test('another answer takes over, the same one stops, and leaving the conversation ends it', async () => {
  const { voice } = newVoice();
  const [one, other] = [answer('One.'), answer('Other.')];
  await voice.reading.toggle('m1', one);
  await voice.reading.toggle('m2', other);
  expect(cancel).toHaveBeenCalledOnce();
  expect(voice.reading.now?.id).toBe('m2');
  voice.reading.pauseOrResume();
  expect(voice.reading.now?.isPaused).toBe(true);
  voice.reading.pauseOrResume();
  expect(spoken.at(-1)!.text).toBe('Other.');
  await voice.reading.toggle('m2', other);
  expect(voice.reading.now).toBeNull();
  await voice.reading.toggle('m1', one);
  voice.leave();
  expect(voice.reading.now).toBeNull();
});

test('a text that only the network could read is not read unasked', async () => {
  const { voice } = newVoice({ voices: async () => [voiceOf('en-US', false)] });
  const text = answer('The sun is bright.');
  await voice.reading.toggle('m1', text);
  expect(spoken).toEqual([]);
  expect(voice.error?.code).toBe('reading-only-remote');
  voice.change({ mayReadOnline: true, reading: true });
  await voice.reading.toggle('m1', text);
  expect(voice.reading.now?.voice).toEqual({ name: 'en-US voice', isRemote: true });
  voice.change({ reading: false });
  expect(voice.reading.now).toBeNull();
});
