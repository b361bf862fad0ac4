import type { Section } from './document.ts';

/** Enough letters to tell a script; more would cost time on a long text and change nothing. */
const SAMPLE_LETTERS = 4000;

const SCRIPTS = {
  latin: /\p{Script=Latin}/gu,
  arabic: /\p{Script=Arabic}/gu,
  hebrew: /\p{Script=Hebrew}/gu,
  hangul: /\p{Script=Hangul}/gu,
  kana: /[\p{Script=Hiragana}\p{Script=Katakana}]/gu,
  han: /\p{Script=Han}/gu,
  cyrillic: /\p{Script=Cyrillic}/gu,
  greek: /\p{Script=Greek}/gu,
} as const;

type Script = keyof typeof SCRIPTS;

/** Direction by the script that most letters are of; the language where that script has one main language. */
export function languageOf(
  sections: readonly Section[],
  declared: string | null,
): { language: string | null; direction: 'ltr' | 'rtl' } {
  let sample = '';
  for (const { text } of sections) {
    if (sample.length >= SAMPLE_LETTERS) break;
    sample += text.slice(0, SAMPLE_LETTERS - sample.length);
  }
  const count = (script: Script): number => sample.match(SCRIPTS[script])?.length ?? 0;
  const counts = (Object.keys(SCRIPTS) as Script[]).map((script) => [script, count(script)] as const);
  const [main, most] = counts.reduce((best, one) => (one[1] > best[1] ? one : best));
  const direction = most > 0 && (main === 'arabic' || main === 'hebrew') ? 'rtl' : 'ltr';
  const guess = (): string | null => {
    if (most === 0) return null;
    if (main === 'arabic') return /[پچژگ]/.test(sample) ? null : 'ar'; // those letters are Persian's or Urdu's
    if (main === 'hebrew') return 'he';
    if (main === 'hangul') return 'ko';
    if (main === 'kana') return 'ja';
    if (main === 'han') return count('kana') > 0 ? 'ja' : 'zh';
    if (main === 'greek') return 'el';
    return null; // Latin and Cyrillic letters are many languages'
  };
  return { language: declared ?? guess(), direction };
}
