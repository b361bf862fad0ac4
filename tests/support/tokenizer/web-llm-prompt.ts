// What WebLLM prefills for a request, by its own code as far as that runs without a GPU: the request's checks, the
// comparison with the last conversation, and the rounds' strings. Only the last step, which encodes the strings one by one
// behind the prefix ids, is repeated here; tests in the browser hold it against the engine itself.
import { MLCEngine, ModelType, postInitAndCheckFieldsChatCompletion } from '@mlc-ai/web-llm';
import type { ConversationTemplate } from '#formats/chat-template/conversation.ts';
import type { PreparedMessage } from '#formats/chat-template/conversation-writer.ts';
import type { WebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

type Conversation = {
  appendMessage(role: string, content: string, name?: string): void;
  appendReplyHeader(role: string): void;
  finishReply(text: string): void;
  getPromptArray(): string[];
  getPromptArrayLastRound(): string[];
};

export type Prefill = {
  readonly ids: readonly number[];
  /** Whether it goes on with the cache of the requests before. */
  readonly isKept: boolean;
};

/** One loaded model, with the conversation that its cache holds. */
export class WebLlmPrompt {
  readonly #tokenizer: WebTokenizer;
  readonly #template: ConversationTemplate;
  #conversation: Conversation | null = null;
  #isFilled = false;

  constructor(tokenizer: WebTokenizer, template: ConversationTemplate) {
    this.#tokenizer = tokenizer;
    this.#template = template;
  }

  prefill(messages: readonly PreparedMessage[]): Prefill {
    const request = { messages: messages.map((message) => ({ ...message })) };
    postInitAndCheckFieldsChatCompletion(request as never, 'a-model', ModelType.LLM);
    const pipeline = {
      getConversationObject: () => this.#conversation ?? { messages: [] },
      getFinishReason: () => 'stop',
      resetChat: () => (this.#isFilled = false),
      setConversation: (conversation: Conversation) => (this.#conversation = conversation),
    };
    const engine = MLCEngine.prototype as unknown as {
      preparePrefillInput(...args: unknown[]): { inputStr: string; lastMsgRole: string; inputRoleStr?: string };
    };
    const { inputStr, lastMsgRole, inputRoleStr } = engine.preparePrefillInput.call(engine, request, pipeline, {
      conv_template: this.#template,
    });
    const conversation = this.#conversation!;
    conversation.appendMessage(lastMsgRole, inputStr, inputRoleStr);
    conversation.appendReplyHeader('assistant');
    const isKept = this.#isFilled;
    const strings = isKept ? conversation.getPromptArrayLastRound() : conversation.getPromptArray();
    const prefix = isKept ? [] : this.#template.system_prefix_token_ids;
    this.#isFilled = true;
    return { ids: [...prefix, ...strings.flatMap((text) => [...this.#tokenizer.encode(text)])], isKept };
  }

  /** The model has answered and stopped by itself. */
  answer(text: string): void {
    this.#conversation!.finishReply(text);
  }
}
