import type { AssistantMessage, Message } from '#chat/conversation.ts';
import { answer, question } from '#tests/support/chat/messages.ts';

/** A conversation whose last answer is written while a test looks on. */
export class StreamedAnswer {
  readonly messages: Message[] = $state([]);

  /** Begins with the turns before it, questions and answers by turns. */
  constructor(before: readonly string[]) {
    const turns = before.map((text, at) => (at % 2 === 0 ? question(`q${at}`, text) : answer(`a${at}`, text)));
    this.messages.push(...turns, answer('streamed', '', { state: 'streaming' }));
  }

  get text(): string {
    return this.#last.text;
  }

  append(text: string): void {
    this.#last.text += text;
  }

  finish(): void {
    this.#last.state = 'done';
  }

  get #last(): AssistantMessage {
    return this.messages.at(-1) as AssistantMessage;
  }
}
