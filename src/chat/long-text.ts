// A text that is longer than the model's context, read part by part: from each part the model notes what helps to answer one question,
// and the notes stand for the text.

/** Of the context, what one part's notes may take. */
const NOTES_PART = 1 / 16;
const NOTES = { least: 64, most: 256 };

export const notesTokens = (windowTokens: number): number =>
  Math.min(NOTES.most, Math.max(NOTES.least, Math.floor(windowTokens * NOTES_PART)));

/** Asks for the notes on one part. `text` is fenced already and names its pages. */
export function partPrompt(question: string, text: string, index: number, count: number): string {
  const place = count > 1 ? `This is part ${index + 1} of ${count} of a longer text.` : 'This is a text.';
  return (
    `${place} Somebody asks about the whole:\n\n${question}\n\n${text}\n\n` +
    'Note in short sentences what in this part helps to answer that, with the page where one is given. ' +
    'If nothing does, write only: nothing'
  );
}

/** Whether a model's notes on a part say that there is nothing in it. */
export const isNothing = (notes: string): boolean => /^\W*(?:nothing|none)\W*$/i.test(notes.trim());

/** One part's notes with the place they come from. */
export function placedNotes(notes: string, pages: readonly (number | null)[], index: number): string {
  const known = pages.filter((page) => page !== null);
  const [first, last] = [known[0], known.at(-1)];
  const place =
    first === undefined ? `part ${index + 1}` : first === last ? `page ${first}` : `pages ${first}–${last ?? first}`;
  return `[${place}]\n${notes.trim()}`;
}
