// Reading one answer aloud, from its element to the voice and back to the marked word. Fetched when it is wanted.
import { AppError } from '#base/errors.ts';
import { highlightSpoken, revealSpoken } from './highlight.ts';
import { readPageText } from './page-text.ts';
import type { SpokenWords } from './page-text.ts';
import { Reader } from './reader.ts';
import type { Speaker } from './reader.ts';
import { utterancesOf } from './speech-text.ts';
import type { VoiceSettings } from './voice-settings.ts';
import { chooseVoice } from './voices.ts';

export type ReadAloudOptions = {
  readonly speaker: Speaker;
  readonly voices: readonly SpeechSynthesisVoice[];
  readonly settings: Pick<VoiceSettings, 'rate' | 'mayReadOnline' | 'voices'>;
  readonly words: SpokenWords;
  /** Of the page; for text whose language cannot be told. */
  readonly language: string;
  /** Brings what is spoken into view without motion. */
  readonly isCalm: boolean;
  readonly onVoice: (voice: SpeechSynthesisVoice) => void;
  /** At the end of the text, or with why it ended before. */
  readonly onEnd: (error: AppError | null) => void;
};

/** Reads what `element` shows now; the reader has not begun. */
export function readAloud(element: Element, options: ReadAloudOptions): Reader {
  const { speaker, voices, settings, words, language, isCalm, onVoice, onEnd } = options;
  const page = readPageText(element, words);
  const find = (spoken: string, mayBeRemote: boolean): SpeechSynthesisVoice | null =>
    chooseVoice(voices, spoken, { chosen: settings.voices[spoken.split('-')[0]!] ?? null, mayBeRemote });
  const voiceOf = (spoken: string): SpeechSynthesisVoice | null => {
    const voice = find(spoken, settings.mayReadOnline);
    if (voice !== null) onVoice(voice);
    return voice;
  };
  return new Reader(
    speaker,
    utterancesOf(page.runs, language),
    { voiceOf, rate: settings.rate },
    {
      onPlace(sentence, word) {
        const marked = sentence && page.rangeOf(sentence);
        highlightSpoken(marked, word && page.rangeOf(word));
        if (marked !== null) revealSpoken(marked, isCalm);
      },
      onEnd(error) {
        const spoken = String(error?.details['language']);
        const isRemoteOnly = error?.code === 'reading-no-voice' && find(spoken, true) !== null;
        onEnd(isRemoteOnly ? new AppError('reading-only-remote', { language: spoken }) : error);
      },
    },
  );
}
