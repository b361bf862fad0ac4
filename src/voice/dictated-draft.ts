import { joinWords } from './dictation.ts';

/** A draft while somebody dictates into it: what is said stands where the cursor was. */
export type DictatedDraft = { readonly before: string; readonly after: string };

/** Dictating begins at the cursor; a selection is replaced. */
export function beginDraft(text: string, from: number, to: number): DictatedDraft {
  return { before: text.slice(0, from), after: text.slice(to) };
}

/** The whole draft with what was said so far, and where the cursor belongs. */
export function draftWith({ before, after }: DictatedDraft, said: string): { text: string; cursor: number } {
  const head = joinWords(before, said);
  if (said.trim() === '') return { text: before + after, cursor: before.length };
  const gap = after === '' || /^[\s.,;:!?،؛؟。、，！？…)]/.test(after) ? '' : ' ';
  return { text: head + gap + after, cursor: head.length };
}
