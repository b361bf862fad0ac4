// From a request to the ids that are prefilled: the same strings, encoded one by one, that WebLLM is given for the other engine.
import type { ChatFormat } from '#formats/chat-template/conversation.ts';
import { prepareContinuation, prepareMessages } from '#formats/chat-template/conversation.ts';
import { CONTINUES, stripSentinels } from '#formats/tokenizer/sentinels.ts';
import type { TextCodec } from '#engine/cpu/text-codec.ts';
import type { ChatRequest } from '#engine/protocol/openai.ts';

/** Answers kept: more than a conversation goes back to. */
const MAX_ANSWERS = 32;

/** Writes prompts, and remembers which tokens its model chose for an answer: only with those does the kept cache go on. */
export class PromptWriter {
  readonly #codec: TextCodec;
  readonly format: ChatFormat;
  readonly #answers = new Map<string, readonly number[]>();

  constructor(codec: TextCodec, format: ChatFormat) {
    this.#codec = codec;
    this.format = format;
  }

  /** Throws `chat-messages` or `chat-content`. */
  conversation({ messages, continue_final_message: continues }: ChatRequest): number[] {
    const { prefixIds, prependsSpace } = this.format;
    const opening = prependsSpace ? CONTINUES : '';
    const prepare = continues ? prepareContinuation : prepareMessages;
    const written = prepare(this.format, messages).flatMap(({ role, content, name }) => {
      if (role === 'user') return this.#codec.encode(content);
      const chosen = name === undefined ? this.#answers.get(content) : undefined;
      return chosen ?? this.#codec.encode((name ?? opening) + content);
    });
    return [...prefixIds, ...written];
  }

  /** BOS, where the model wants one, and the text; nothing typed becomes a control token. */
  completion(prompt: string): number[] {
    return [...this.format.prefixIds, ...this.#codec.encode(stripSentinels(prompt))];
  }

  /** What the model answered: `text` is what these tokens say. */
  remember(text: string, ids: readonly number[]): void {
    this.#answers.delete(text);
    this.#answers.set(text, [...ids]);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_ANSWERS && oldest !== undefined) this.#answers.delete(oldest);
  }
}
