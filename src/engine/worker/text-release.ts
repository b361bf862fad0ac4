// A streamed answer can only be added to. So text is held back while the next token may still change or remove it:
// a stop string may have begun, or a character's bytes may be incomplete (decoded as U+FFFD until they are).

/** At most four replacement characters stand for one incomplete character. */
const MAX_INCOMPLETE = 4;

/** How much of `text` no later token can take back. */
export function releasableLength(text: string, stops: readonly string[]): number {
  let length = text.length;
  for (let held = 0; held < MAX_INCOMPLETE && text[length - 1] === '\uFFFD'; held++) length--;
  let earliest = length;
  for (const stop of stops) {
    const longest = Math.min(stop.length - 1, length);
    for (let size = longest; size > 0; size--) {
      if (stop.startsWith(text.slice(length - size, length))) {
        earliest = Math.min(earliest, length - size);
        break;
      }
    }
  }
  return earliest;
}
