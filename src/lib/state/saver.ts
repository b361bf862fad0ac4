export type Saver = {
  /** Asks for a write soon; many requests become one write. */
  request(): void;
  /** Writes now what was asked for, and waits for what is being written. */
  flush(): Promise<void>;
};

/** Writes at most once in `delayMs`, one write at a time. `write` reads the state it saves when it runs. */
export function createSaver(write: () => Promise<void>, delayMs: number): Saver {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let running: Promise<void> = Promise.resolve();

  const run = (): Promise<void> => {
    timer = null;
    running = running.then(write);
    return running;
  };

  return {
    request() {
      timer ??= setTimeout(() => void run(), delayMs);
    },
    flush() {
      if (timer === null) return running;
      clearTimeout(timer);
      return run();
    },
  };
}
