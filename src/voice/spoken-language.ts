// The language a voice should speak a text in, by its script, and for Latin letters by its commonest words: an English answer
// read by a French voice cannot be understood.

const SCRIPTS: readonly (readonly [language: string, letters: RegExp])[] = [
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['hi', /\p{Script=Devanagari}/gu],
  ['th', /\p{Script=Thai}/gu],
];
const LATIN = /\p{Script=Latin}/gu;

const WORDS: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set('the of and to in is that it for was with as on are this be you not have or by from'.split(' ')),
  es: new Set('el la los las de que y en un una es por con para se del no lo como más su está'.split(' ')),
  fr: new Set('le la les des et en un une est que pour dans qui par sur pas du au ce avec il vous'.split(' ')),
  de: new Set('der die das und in zu den ist nicht mit von ein eine auf für im dem sich es auch wird'.split(' ')),
};
/** A language wins over the fallback only with this many of its words. */
const MIN_WORDS = 2;
const SAMPLE = 4000;

/** Of which language of Latin letters a text is; `fallback`, or English where that has other letters, when unsure. */
export function latinLanguageOf(text: string, fallback: string): string {
  const words =
    text
      .slice(0, SAMPLE)
      .toLowerCase()
      .match(/\p{L}+/gu) ?? [];
  const count = (language: string): number => words.filter((word) => WORDS[language]!.has(word)).length;
  const base = fallback.split('-')[0]!;
  const isLatin = !SCRIPTS.some(([language]) => language === base);
  const own = base in WORDS ? count(base) : 0;
  let best = { language: isLatin ? fallback : 'en', count: Math.max(own, MIN_WORDS - 1) };
  for (const language of Object.keys(WORDS)) {
    const found = count(language);
    if (found > best.count) best = { language, count: found };
  }
  return best.language.split('-')[0] === base ? fallback : best.language;
}

/** The language of one utterance: of the script that most of its letters are of, or `latin`. */
export function languageOfText(text: string, latin: string): string {
  let best = { language: latin, count: text.match(LATIN)?.length ?? 0 };
  for (const [language, letters] of SCRIPTS) {
    const count = text.match(letters)?.length ?? 0;
    if (count > best.count) best = { language, count };
  }
  // Japanese sentences hold more Chinese characters than kana.
  if (best.language === 'zh' && /\p{Script=Hiragana}/u.test(text)) return 'ja';
  if (best.language === 'ar' && /[پچژگ]/.test(text)) return 'fa';
  return best.language;
}
