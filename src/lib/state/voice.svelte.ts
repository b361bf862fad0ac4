import type { AppError } from '#base/errors.ts';
import { formatNumber } from '#lib/text/format.ts';
import { m } from '#lib/text/paraglide/messages.js';
import type { Speaker } from '#voice/reader.ts';
import { dictationPlace } from '#voice/recognition.ts';
import type { DictationPlace, RecognitionClass } from '#voice/recognition.ts';
import { NO_VOICE, parseVoiceSettings } from '#voice/voice-settings.ts';
import type { VoiceSettings } from '#voice/voice-settings.ts';
import { Dictating } from './dictating.svelte.ts';
import { ReadingAloud } from './reading-aloud.svelte.ts';

/** The browser's two halves of voice. */
export type VoiceOutside = {
  recognition: () => RecognitionClass | null;
  speaker: () => Speaker | null;
  voices: () => Promise<readonly SpeechSynthesisVoice[]>;
  /** The language of the page, with the region the person reads it in. */
  language: () => string;
  isHandheld: () => boolean;
  isCalm: () => boolean;
};

type Outside = VoiceOutside & {
  readSettings: () => Promise<string | null>;
  writeSettings: (settings: string) => Promise<void>;
  write: (draft: string) => void;
  say: (text: string) => void;
};

/** Dictation and reading aloud: whether they are wanted, and what they do now. */
export class Voice {
  settings = $state.raw<VoiceSettings>(NO_VOICE);
  /** Why the last dictation or reading ended too early. */
  error = $state.raw<AppError | null>(null);
  /** What the browser has; nothing before `start`. */
  canDictate = $state(false);
  canRead = $state(false);
  readonly dictating: Dictating;
  readonly reading: ReadingAloud;

  readonly #outside: Outside;

  constructor(outside: Outside) {
    this.#outside = outside;
    const onError = (error: AppError): void => void (this.error = error);
    this.dictating = new Dictating({
      ...outside,
      mayGoOnline: () => this.settings.mayDictateOnline,
      allowOnline: () => this.change({ mayDictateOnline: true }),
      onError,
      onEnd: () => outside.say(m['voice.dictationEnded']()),
    });
    this.reading = new ReadingAloud({
      ...outside,
      settings: () => this.settings,
      words: () => ({
        code: (label, count) => m['voice.code']({ label, count, number: formatNumber(count) }),
        formula: m['voice.formula'](),
      }),
      onError,
    });
  }

  /** Reads what was chosen at an earlier visit. */
  async start(): Promise<void> {
    this.canDictate = this.#outside.recognition() !== null;
    this.canRead = this.#outside.speaker() !== null;
    this.settings = parseVoiceSettings(await this.#outside.readSettings());
    // Fetched before the click: some browsers only speak within it.
    if (this.offersReading) void import('#voice/read-aloud.ts').catch(() => undefined);
  }

  get offersDictation(): boolean {
    return this.canDictate && this.settings.dictation;
  }

  get offersReading(): boolean {
    return this.canRead && this.settings.reading;
  }

  change(change: Partial<VoiceSettings>): void {
    this.settings = { ...this.settings, ...change };
    if (!this.settings.dictation) this.dictating.cancel();
    if (!this.settings.reading) this.reading.stop();
    void this.#outside.writeSettings(JSON.stringify(this.settings));
  }

  /** What the settings say about dictation here; null where there is none. */
  async dictationPlace(): Promise<DictationPlace | null> {
    const recognition = this.#outside.recognition();
    return recognition === null ? null : dictationPlace(recognition, this.#outside.language());
  }

  /** All voices of this browser. */
  voices(): Promise<readonly SpeechSynthesisVoice[]> {
    return this.#outside.voices();
  }

  /** Another conversation lies open, or the page is left. */
  leave(): void {
    this.dictating.cancel();
    this.reading.stop();
    this.error = null;
  }

  dismissError(): void {
    this.error = null;
  }
}
