/** Hands pushed values to one `for await` loop. Leaving the loop early calls `onLeave`, once. */
export class ChunkStream<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  readonly #onLeave: () => void;
  #ending: { failed: boolean; reason: unknown } | null = null;
  #wake: (() => void) | null = null;

  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  push(value: T): void {
    this.#values.push(value);
    this.#wake?.();
  }

  finish(): void {
    this.#end({ failed: false, reason: undefined });
  }

  /** What was pushed before is still delivered; then the loop throws the reason. */
  fail(reason: unknown): void {
    this.#end({ failed: true, reason });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    try {
      for (;;) {
        while (this.#values.length > 0) yield this.#values.shift() as T;
        if (this.#ending?.failed) throw this.#ending.reason;
        if (this.#ending) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      if (!this.#ending) this.#onLeave();
    }
  }

  #end(ending: { failed: boolean; reason: unknown }): void {
    this.#ending ??= ending;
    this.#wake?.();
  }
}
