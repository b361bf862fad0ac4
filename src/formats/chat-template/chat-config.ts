// The mlc-chat-config.json of a model: everything WebLLM 0.2.86 reads of it.
import type { LlamaConfig } from '#formats/gguf/llama-config.ts';
import type { ConversationTemplate } from '#formats/chat-template/conversation.ts';
import type { Tokenizer } from '#formats/tokenizer/tokenizer-json.ts';

/** How tokens are chosen where a request does not say. */
export type Sampling = { readonly temperature: number; readonly topP: number };

/** Mild randomness: what suits both a 135M and a 10.7B instruct model. */
const SAMPLING: Sampling = { temperature: 0.7, topP: 0.9 };

export type ChatConfigInput = {
  readonly config: LlamaConfig;
  readonly tokenizer: Tokenizer;
  readonly conversationTemplate: ConversationTemplate;
  /** Positions; at most the model's own context. */
  readonly contextWindowSize: number;
  /** The model's own, as a catalog knows it. */
  readonly sampling?: Sampling | null;
  /** Positions of a sliding window instead of the fixed context, with the first `sinkSize` always kept. */
  readonly slidingWindow?: { readonly size: number; readonly sinkSize: number };
};

/** Makes the object that is written as mlc-chat-config.json. */
export function createChatConfig(input: ChatConfigInput): object {
  const { config, tokenizer, conversationTemplate, contextWindowSize, slidingWindow } = input;
  const { temperature, topP } = input.sampling ?? SAMPLING;
  return {
    model_type: 'llama',
    vocab_size: config.vocabSize,
    // WebLLM wants exactly one of the two to be positive.
    context_window_size: slidingWindow ? -1 : contextWindowSize,
    sliding_window_size: slidingWindow?.size ?? -1,
    attention_sink_size: slidingWindow?.sinkSize ?? -1,
    tokenizer_files: ['tokenizer.json'],
    tokenizer_info: tokenizer.info,
    ...(tokenizer.bosTokenId === null ? {} : { bos_token_id: tokenizer.bosTokenId }),
    temperature,
    top_p: topP,
    repetition_penalty: 1,
    frequency_penalty: 0,
    presence_penalty: 0,
    conv_template: conversationTemplate,
  };
}
