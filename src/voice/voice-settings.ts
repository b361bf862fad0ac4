/** What a person chose about voice. Both halves are off until they are wanted. */
export type VoiceSettings = {
  readonly dictation: boolean;
  /** The person was told that the browser sends the sound to its maker, and agreed. */
  readonly mayDictateOnline: boolean;
  readonly reading: boolean;
  /** The person was told that a voice of the network is sent the text, and agreed. */
  readonly mayReadOnline: boolean;
  readonly rate: number;
  /** The chosen voice of a language (`ar`), by its address. */
  readonly voices: Readonly<Record<string, string>>;
};

export const NO_VOICE: VoiceSettings = {
  dictation: false,
  mayDictateOnline: false,
  reading: false,
  mayReadOnline: false,
  rate: 1,
  voices: {},
};

/** Slower and faster than this voices cannot be understood. */
export const RATES = { min: 0.5, max: 2, step: 0.1 } as const;

/** Settings as they were stored; what is ill-formed is as if never chosen. */
export function parseVoiceSettings(stored: string | null): VoiceSettings {
  const value = read(stored);
  const { rate, voices } = value;
  const isRate = typeof rate === 'number' && rate >= RATES.min && rate <= RATES.max;
  const chosen = typeof voices === 'object' && voices !== null ? Object.entries(voices) : [];
  return {
    dictation: value['dictation'] === true,
    mayDictateOnline: value['mayDictateOnline'] === true,
    reading: value['reading'] === true,
    mayReadOnline: value['mayReadOnline'] === true,
    rate: isRate ? rate : 1,
    voices: Object.fromEntries(chosen.filter(([, voice]) => typeof voice === 'string')) as Record<string, string>,
  };
}

function read(stored: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(stored ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // not JSON: nothing was chosen
  }
}
