import { expect, test } from 'vitest';
import { chooseVoice, voicesFor } from '#voice/voices.ts';

const voice = (name: string, lang: string, localService: boolean, isDefault = false) => ({
  voiceURI: name,
  name,
  lang,
  localService,
  default: isDefault,
});
const VOICES = [
  voice('Google US English', 'en-US', false),
  voice('Samantha', 'en_US', true, true),
  voice('Daniel', 'en-GB', true),
  voice('Google العربية', 'ar-XA', false),
];

test('a voice on this device is preferred, and among those the one of the right country', () => {
  expect(voicesFor(VOICES, 'en-GB').map(({ name }) => name)).toEqual(['Daniel', 'Samantha', 'Google US English']);
  expect(chooseVoice(VOICES, 'en')?.name).toBe('Samantha');
});

test('a voice of the network is never taken unasked, not even when it was chosen before', () => {
  expect(chooseVoice(VOICES, 'ar')).toBeNull();
  expect(chooseVoice(VOICES, 'en', { chosen: 'Google US English' })?.name).toBe('Samantha');
  expect(chooseVoice(VOICES, 'ar', { mayBeRemote: true })?.name).toBe('Google العربية');
  expect(chooseVoice(VOICES, 'en', { chosen: 'Google US English', mayBeRemote: true })?.name).toBe('Google US English');
});

test('no voice of another language speaks', () => {
  expect(chooseVoice(VOICES, 'ko', { mayBeRemote: true })).toBeNull();
});
