// Shows what is spoken by the CSS Custom Highlight API: nothing in the page changes, so nothing is rendered again.

const SENTENCE = 'daylight-spoken-sentence';
const WORD = 'daylight-spoken-word';

/** Marks a sentence and a word in it, and clears what was marked before. Does nothing where the browser has no highlights. */
export function highlightSpoken(sentence: Range | null, word: Range | null): void {
  if (!('highlights' in CSS)) return;
  show(SENTENCE, sentence, 0);
  show(WORD, word, 1);
}

function show(name: string, range: Range | null, priority: number): void {
  if (range === null) {
    CSS.highlights.delete(name);
    return;
  }
  const highlight = new Highlight(range);
  highlight.priority = priority;
  CSS.highlights.set(name, highlight);
}

/** Brings what is spoken into view when it has left it. A reader who scrolled on is not pulled back from what is near. */
export function revealSpoken(range: Range, isCalm: boolean): void {
  const { top, bottom, height } = range.getBoundingClientRect();
  if (height === 0) return;
  const margin = innerHeight * 0.2;
  if (top >= 0 && bottom <= innerHeight - margin) return;
  if (bottom < -innerHeight || top > innerHeight * 2) return; // they are reading something else
  scrollBy({ top: top - innerHeight * 0.35, behavior: isCalm ? 'instant' : 'smooth' });
}
