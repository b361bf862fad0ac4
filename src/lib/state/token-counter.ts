/** Counts the tokens of texts and remembers those of the last round: a turn or a file is counted once. */
export class TokenCounter {
  #known = new Map<string, Promise<number>>();
  #model: string | null = null;

  /** What counts texts in one round, by the tokenizer of `model`; ends the round before. */
  round(
    model: string,
    tokenize: (text: string) => Promise<{ readonly length: number }>,
  ): (text: string) => Promise<number> {
    const known = model === this.#model ? this.#known : new Map<string, Promise<number>>();
    const seen = new Map<string, Promise<number>>();
    this.#model = model;
    this.#known = seen;
    return (text) => {
      if (text === '') return Promise.resolve(0);
      const count = seen.get(text) ?? known.get(text) ?? tokenize(text).then(({ length }) => length);
      seen.set(text, count);
      count.catch(() => seen.delete(text)); // whoever asked hears of it
      return count;
    };
  }
}
