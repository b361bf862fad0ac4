import { TITLE_TOKENS, parseTitle, titlePrompt } from '#chat/title.ts';
import type { ChatSession, Speaker } from './chat-session.svelte.ts';

/**
 * Another request takes the place of the conversation in the engine's cache, so that the next question reads all of it
 * again. A title is therefore only asked for when the person has left the conversation, or rests for this long.
 */
const REST_MS = 20_000;
/** Smaller models write titles that are worse than the first words of the question. */
const LEAST_PARAMETERS = 1e9;

type Outside = {
  /** Nothing is being asked, written or loaded. */
  isQuiet: () => boolean;
  propose: (id: string, title: string) => Promise<void>;
};

/** Lets the model propose titles while it has nothing else to do. */
export class TitleWriter {
  readonly #outside: Outside;
  #waiting: { session: ChatSession; speaker: Speaker; timer: ReturnType<typeof setTimeout> } | null = null;
  #stop: AbortController | null = null;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** An answer has ended. */
  answered(session: ChatSession, speaker: Speaker): void {
    this.stop();
    if (speaker.model.parameterCount < LEAST_PARAMETERS || session.conversation?.titleBy !== 'text') return;
    this.#waiting = { session, speaker, timer: setTimeout(() => void this.#write(), REST_MS) };
  }

  /** Another conversation lies open: the cache is of no use any more, so there is nothing to wait for. */
  left(open: ChatSession): void {
    if (this.#waiting === null || this.#waiting.session === open) return;
    clearTimeout(this.#waiting.timer);
    void this.#write();
  }

  /** The person wants something: what is being written is given up at once. */
  stop(): void {
    clearTimeout(this.#waiting?.timer);
    this.#waiting = null;
    this.#stop?.abort();
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = null;
    const id = waiting?.session.conversation?.id;
    if (waiting === null || id === undefined || !this.#outside.isQuiet()) return;
    const messages = titlePrompt(waiting.session.messages);
    if (messages === null) return;
    const { signal } = (this.#stop = new AbortController());
    try {
      const chunks = await waiting.speaker.engine.chat.completions.create(
        { messages, stream: true, max_tokens: TITLE_TOKENS, temperature: 0 },
        { signal },
      );
      let text = '';
      for await (const { choices } of chunks) text += choices[0]?.delta.content ?? '';
      const title = parseTitle(text);
      if (title !== null && !signal.aborted) await this.#outside.propose(id, title);
    } catch {
      // Given up, or the engine went away, which it tells itself: the title stays as it is.
    }
  }
}
