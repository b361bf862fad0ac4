/** Counts the tokens of texts and remembers those of the last call: a turn of a conversation is counted once. */
export class TokenCounter {
  #known = new Map<string, number>();
  #model: string | null = null;

  /** The count of each text, in order, by the tokenizer of `model`. */
  async count(
    texts: readonly string[],
    model: string,
    tokenize: (text: string) => Promise<number[]>,
  ): Promise<number[]> {
    const known = model === this.#model ? this.#known : new Map<string, number>();
    const counts = await Promise.all(
      texts.map(async (text) => (text === '' ? 0 : (known.get(text) ?? (await tokenize(text)).length))),
    );
    this.#model = model;
    this.#known = new Map(texts.map((text, at) => [text, counts[at]!]));
    return counts;
  }
}
