// Turns speech into text while it is spoken. One dictation is one run of the browser's recognition.
import { AppError } from '#base/errors.ts';
import type { ErrorCode } from '#base/errors.ts';
import type { RecognitionClass, RecognitionResults } from './recognition.ts';

export type DictationOptions = {
  /** BCP 47, such as ar-EG; a bare language works too. */
  readonly language: string;
  /** Only on this device; refused where the browser cannot. */
  readonly isLocal: boolean;
  /** Goes on over pauses. Phones repeat their results then, so there it ends with the sentence. */
  readonly isContinuous: boolean;
};

export type DictationEvents = {
  readonly onStart: () => void;
  /** All that was said so far: what is settled, and what may still change. */
  readonly onText: (settled: string, open: string) => void;
  /** Called once. `null` for an end that is no failure. */
  readonly onEnd: (error: AppError | null) => void;
};

const ERRORS: Readonly<Record<string, ErrorCode>> = {
  'not-allowed': 'dictation-denied',
  'service-not-allowed': 'dictation-blocked',
  'audio-capture': 'dictation-no-microphone',
  network: 'dictation-network',
  'language-not-supported': 'dictation-language',
  'no-speech': 'dictation-silence',
};

export type Dictation = {
  /** Ends it after what was said is understood. */
  stop(): void;
  /** Ends it at once. */
  cancel(): void;
};

/** Begins to listen; the browser asks for the microphone. */
export function startDictation(
  Class: RecognitionClass,
  { language, isLocal, isContinuous }: DictationOptions,
  { onStart, onText, onEnd }: DictationEvents,
): Dictation {
  const recognition = new Class();
  recognition.lang = language;
  recognition.continuous = isContinuous;
  recognition.interimResults = true;
  recognition.maxAlternatives = 1;
  if (isLocal) recognition.processLocally = true;
  let hasEnded = false;
  let wasStopped = false;
  const end = (error: AppError | null): void => {
    if (hasEnded) return;
    hasEnded = true;
    recognition.onstart = recognition.onresult = recognition.onerror = recognition.onend = null;
    onEnd(error);
  };
  recognition.onstart = onStart;
  recognition.onresult = ({ results }) => onText(...joinResults(results));
  recognition.onerror = ({ error, message = '' }) => {
    // Silence after `stop` is what was asked for.
    const isAsked = wasStopped && (error === 'aborted' || error === 'no-speech');
    end(isAsked ? null : new AppError(ERRORS[error] ?? 'dictation-failed', { reason: error, message, language }));
  };
  recognition.onend = () => end(null);
  try {
    recognition.start();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.name : String(cause);
    end(new AppError('dictation-failed', { reason, message: '', language }, { cause }));
  }
  return {
    stop() {
      wasStopped = true;
      recognition.stop();
    },
    cancel() {
      wasStopped = true;
      end(null);
      recognition.abort();
    },
  };
}

/** Settled and open text of all results. Chromium leaves the spaces between results to whoever joins them; Safari does not. */
export function joinResults(results: RecognitionResults): [settled: string, open: string] {
  let settled = '';
  let open = '';
  for (const result of Array.from(results)) {
    const words = result[0]?.transcript ?? '';
    if (result.isFinal) settled = joinWords(settled, words);
    else open = joinWords(open, words);
  }
  return [settled, open];
}

/** Puts a space between two texts where the second does not bring its own, or needs none. */
export function joinWords(before: string, after: string): string {
  const words = after.trim();
  if (words === '' || before === '') return before + words;
  const needsNone = /\s$/.test(before) || /^[.,;:!?،؛؟。、，！？…)]/.test(words);
  const isUnspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u.test(before);
  return before + (needsNone || isUnspaced ? '' : ' ') + words;
}
