// A model that knows English best gives its best answer there. So a question can be asked in two turns: answered in English,
// then translated. Both are ordinary messages, which the person sees and the model is given as they are.

/** Whether a model that knows these languages is weak in this one; false where nothing is known of it. */
export function isWeakIn(language: string, known: readonly string[] | null): boolean {
  const base = (tag: string): string => tag.toLowerCase().split('-')[0]!;
  return known !== null && known.length > 0 && !known.some((one) => base(one) === base(language));
}

/** The question as it is sent first. */
export const askedInEnglish = (question: string): string => `${question.trim()}\n\n(Please answer in English.)`;

/** What is sent after the answer; `language` by its English name. */
export const askedToTranslate = (language: string): string =>
  `Translate your last answer into ${language}. Keep its meaning, its formatting and its code, and give nothing but the translation.`;
