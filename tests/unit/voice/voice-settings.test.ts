import { expect, test } from 'vitest';
import { NO_VOICE, parseVoiceSettings } from '#voice/voice-settings.ts';

test('everything is off until it is wanted', () => {
  for (const stored of [null, '', '{', '[]', 'null', '{"reading":"yes","rate":9,"voices":[3]}']) {
    expect(parseVoiceSettings(stored)).toEqual(NO_VOICE);
  }
});

test('settings come back as they were written', () => {
  const settings = {
    dictation: true,
    mayDictateOnline: true,
    reading: true,
    mayReadOnline: false,
    rate: 1.5,
    voices: { ar: 'urn:voice' },
  };
  expect(parseVoiceSettings(JSON.stringify(settings))).toEqual(settings);
});
