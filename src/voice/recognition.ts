// The browsers' speech recognition, as far as it is used here. The project's DOM types do not have all of it.

export type Recognition = EventTarget & {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  maxAlternatives: number;
  /** Keeps the sound on this device. Missing where the browser cannot promise that. */
  processLocally?: boolean;
  start(): void;
  stop(): void;
  abort(): void;
  onstart: (() => void) | null;
  onresult: ((event: { readonly results: RecognitionResults }) => void) | null;
  onerror: ((event: { readonly error: string; readonly message?: string }) => void) | null;
  onend: (() => void) | null;
};

export type RecognitionResults = ArrayLike<{
  readonly isFinal: boolean;
  readonly [index: number]: { readonly transcript: string };
}>;

type LocalOptions = { langs: string[]; processLocally: boolean };

export type RecognitionClass = {
  new (): Recognition;
  available?: (options: LocalOptions) => Promise<'available' | 'downloadable' | 'downloading' | 'unavailable'>;
  install?: (options: LocalOptions) => Promise<boolean>;
};

/** Where a voice is understood: here, here after a language pack came, or on servers of the browser's maker. */
export type DictationPlace = 'device' | 'pack' | 'server';

/** The browser's recognition; null where it has none. */
export function findRecognition(scope: object): RecognitionClass | null {
  const names = scope as { SpeechRecognition?: RecognitionClass; webkitSpeechRecognition?: RecognitionClass };
  return names.SpeechRecognition ?? names.webkitSpeechRecognition ?? null;
}

/** Where a language would be understood. What cannot be asked is taken for a server. */
export async function dictationPlace(recognition: RecognitionClass, language: string): Promise<DictationPlace> {
  if (recognition.available === undefined) return 'server';
  try {
    const state = await recognition.available({ langs: [language], processLocally: true });
    if (state === 'available') return 'device';
    return state === 'unavailable' || recognition.install === undefined ? 'server' : 'pack';
  } catch {
    return 'server'; // an older form of the call
  }
}

/** Fetches the language pack, once; true when the language is understood on this device now. */
export async function installPack(recognition: RecognitionClass, language: string): Promise<boolean> {
  try {
    return (await recognition.install?.({ langs: [language], processLocally: true })) ?? false;
  } catch {
    return false;
  }
}
