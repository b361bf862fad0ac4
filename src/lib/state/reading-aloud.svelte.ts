import type { AppError } from '#base/errors.ts';
import type { SpokenWords } from '#voice/page-text.ts';
import type { Reader, Speaker } from '#voice/reader.ts';
import type { VoiceSettings } from '#voice/voice-settings.ts';

type Outside = {
  speaker: () => Speaker | null;
  /** Waits until the browser has listed its voices; none where it has none. */
  voices: () => Promise<readonly SpeechSynthesisVoice[]>;
  settings: () => VoiceSettings;
  /** Of the page; for text whose language cannot be told. */
  language: () => string;
  words: () => SpokenWords;
  /** Without motion. */
  isCalm: () => boolean;
  onError: (error: AppError) => void;
};

export type NowReading = {
  /** Of the message. */
  readonly id: string;
  readonly isPaused: boolean;
  /** Null until a voice was chosen. */
  readonly voice: { readonly name: string; readonly isRemote: boolean } | null;
};

/** The answer that is read aloud, if one is. */
export class ReadingAloud {
  now = $state.raw<NowReading | null>(null);

  readonly #outside: Outside;
  #reader: Reader | null = null;
  #turn = 0;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** Reads what an element shows; stops where that message is being read. */
  async toggle(id: string, element: Element): Promise<void> {
    const wasThis = this.now?.id === id;
    this.stop();
    const speaker = this.#outside.speaker();
    if (wasThis || speaker === null) return;
    const turn = ++this.#turn;
    this.now = { id, isPaused: false, voice: null };
    const [{ readAloud }, voices] = await Promise.all([import('#voice/read-aloud.ts'), this.#outside.voices()]);
    if (turn !== this.#turn) return;
    const { settings, words, language, isCalm, onError } = this.#outside;
    this.#reader = readAloud(element, {
      speaker,
      voices,
      settings: settings(),
      words: words(),
      language: language(),
      isCalm: isCalm(),
      onVoice: (voice) => this.#tell(turn, voice),
      onEnd: (error) => {
        if (turn !== this.#turn) return;
        this.stop();
        if (error !== null) onError(error);
      },
    });
    this.#reader.play();
  }

  /** Pauses, or goes on with the word it had come to. */
  pauseOrResume(): void {
    if (this.now === null || this.#reader === null) return;
    const isPaused = !this.now.isPaused;
    this.now = { ...this.now, isPaused };
    if (isPaused) this.#reader.pause();
    else this.#reader.play();
  }

  skip(by: 1 | -1): void {
    this.#reader?.skip(by);
  }

  stop(): void {
    this.#turn++;
    this.#reader?.stop();
    this.#reader = null;
    this.now = null;
  }

  #tell(turn: number, { name, localService }: SpeechSynthesisVoice): void {
    if (turn !== this.#turn || this.now === null || this.now.voice?.name === name) return;
    this.now = { ...this.now, voice: { name, isRemote: !localService } };
  }
}
