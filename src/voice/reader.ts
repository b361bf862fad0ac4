// Speaks utterances one after the other. Pausing ends the voice and remembers the word: the browsers' own pause is a stop on
// Android, and Chromium does not go on after it with voices of the network.
import { AppError } from '#base/errors.ts';
import type { ErrorCode } from '#base/errors.ts';
import { placeOf, wholePlace, wordLengthAt } from './speech-text.ts';
import type { Place, Utterance } from './speech-text.ts';

/** The part of the browser that speaks. */
export type Speaker = {
  readonly synthesis: Pick<SpeechSynthesis, 'speak' | 'cancel' | 'resume' | 'paused'>;
  readonly newUtterance: (text: string) => SpeechSynthesisUtterance;
};

export type ReaderEvents = {
  /** The sentence and the word that are spoken; null while none is. A voice that tells no words leaves the word null. */
  readonly onPlace: (sentence: Place | null, word: Place | null) => void;
  /** Speaking came to its end, or failed. Not called for `pause` and `stop`. */
  readonly onEnd: (error: AppError | null) => void;
};

export type ReaderOptions = {
  readonly voiceOf: (language: string) => SpeechSynthesisVoice | null;
  /** 1 is a voice's own speed. */
  readonly rate: number;
  /** A voice that neither begins nor fails is given up after this. */
  readonly patienceMs?: number;
};

/** A voice from the network may need seconds to begin. */
const PATIENCE_MS = 10_000;

const ERRORS: Readonly<Record<string, ErrorCode>> = {
  'not-allowed': 'reading-denied',
  network: 'reading-network',
  'audio-busy': 'reading-audio',
  'audio-hardware': 'reading-audio',
  'synthesis-unavailable': 'reading-no-voice',
  'language-unavailable': 'reading-no-voice',
  'voice-unavailable': 'reading-no-voice',
};

export class Reader {
  readonly #speaker: Speaker;
  readonly #utterances: readonly Utterance[];
  readonly #options: ReaderOptions;
  readonly #events: ReaderEvents;
  #at = 0;
  /** Where in the utterance to go on. */
  #from = 0;
  /** Held, because Chromium forgets the events of an utterance that nobody holds. */
  #speaking: SpeechSynthesisUtterance | null = null;
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(speaker: Speaker, utterances: readonly Utterance[], options: ReaderOptions, events: ReaderEvents) {
    this.#speaker = speaker;
    this.#utterances = utterances;
    this.#options = options;
    this.#events = events;
  }

  /** Begins, or goes on after `pause`. */
  play(): void {
    if (this.#speaking !== null) return;
    // Another page, or a page before this one, may have left the voice paused.
    if (this.#speaker.synthesis.paused) this.#speaker.synthesis.resume();
    this.#next();
  }

  pause(): void {
    this.#silence();
  }

  /** Ends for good. */
  stop(): void {
    this.#silence();
    this.#at = this.#utterances.length;
    this.#events.onPlace(null, null);
  }

  /** Goes to the sentence after the one being spoken, or before it, and speaks on if it was speaking. */
  skip(by: 1 | -1): void {
    const wasSpeaking = this.#speaking !== null;
    this.#silence();
    // Back means the beginning of this sentence, unless it has just begun.
    const isBegun = by === -1 && this.#from > 0;
    this.#at = Math.min(Math.max(0, isBegun ? this.#at : this.#at + by), this.#utterances.length);
    this.#from = 0;
    if (wasSpeaking) this.#next();
    else this.#show(null);
  }

  #next(): void {
    const utterance = this.#utterances[this.#at];
    if (utterance === undefined) return this.#end(null);
    const voice = this.#options.voiceOf(utterance.language);
    if (voice === null) {
      return this.#end(new AppError('reading-no-voice', { language: utterance.language }));
    }
    const { synthesis, newUtterance } = this.#speaker;
    const offset = this.#from;
    const spoken = newUtterance(utterance.text.slice(offset));
    spoken.voice = voice;
    spoken.lang = voice.lang; // some engines go by this and not by the voice
    spoken.rate = this.#options.rate;
    const isCurrent = (): boolean => this.#speaking === spoken;
    spoken.onstart = () => {
      if (!isCurrent()) return;
      clearTimeout(this.#watch);
      this.#show(null);
    };
    spoken.onboundary = ({ name, charIndex, charLength }) => {
      if (!isCurrent() || name === 'sentence') return;
      clearTimeout(this.#watch);
      this.#from = offset + charIndex;
      this.#show(charLength || wordLengthAt(utterance.text, this.#from));
    };
    spoken.onend = () => {
      if (!isCurrent()) return;
      this.#forget();
      this.#at++;
      this.#from = 0;
      this.#next();
    };
    spoken.onerror = ({ error }) => {
      // What we ended ourselves is no error, and is not current any more.
      if (isCurrent()) this.#fail(error, utterance.language);
    };
    this.#speaking = spoken;
    this.#watch = setTimeout(() => this.#fail('silent', utterance.language), this.#options.patienceMs ?? PATIENCE_MS);
    synthesis.speak(spoken);
  }

  #fail(reason: string, language: string): void {
    this.#silence();
    this.#end(new AppError(ERRORS[reason] ?? 'reading-failed', { reason, language }));
  }

  #end(error: AppError | null): void {
    this.#events.onPlace(null, null);
    this.#events.onEnd(error);
  }

  #silence(): void {
    const wasSpeaking = this.#speaking !== null;
    this.#forget();
    if (wasSpeaking) this.#speaker.synthesis.cancel();
  }

  #forget(): void {
    clearTimeout(this.#watch);
    this.#speaking = null;
  }

  #show(wordLength: number | null): void {
    const utterance = this.#utterances[this.#at];
    if (utterance === undefined) return;
    this.#events.onPlace(
      wholePlace(utterance),
      wordLength === null ? null : placeOf(utterance, this.#from, wordLength),
    );
  }
}
