import { AppError } from '#base/errors.ts';

/** Waiting generations beyond this are refused: a page that asks more than it reads has a bug. */
const MAX_WAITING = 16;

/** Runs one task at a time, in order. */
export class TaskQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #length = 0;

  async run<T>(name: string, task: () => Promise<T>): Promise<T> {
    if (this.#length > MAX_WAITING) {
      throw new AppError('engine-busy', { request: name, running: `${MAX_WAITING} other requests wait` });
    }
    this.#length++;
    const before = this.#tail;
    const turn = (async () => {
      await before.catch(() => undefined); // its own caller hears of it
      return task();
    })();
    this.#tail = turn;
    try {
      return await turn;
    } finally {
      this.#length--;
    }
  }

  /** Resolves when all that was queued so far has ended. */
  async idle(): Promise<void> {
    await this.#tail.catch(() => undefined);
  }
}
