/**
 * Counts the tokens of texts, and remembers those of the last round: a conversation is counted at every pause of typing, and
 * only its last turn has changed.
 */
export class RememberedCounts {
  #known = new Map<string, number>();

  /** Runs one round; `encode` gives the number of tokens of a text that is not remembered. */
  round<T>(encode: (text: string) => number, run: (count: (text: string) => number) => T): T {
    const seen = new Map<string, number>();
    const result = run((text) => {
      const count = seen.get(text) ?? this.#known.get(text) ?? encode(text);
      seen.set(text, count);
      return count;
    });
    this.#known = seen;
    return result;
  }
}
