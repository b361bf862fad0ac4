// The OpenAI shapes, as WebLLM types them. Types only: no code of WebLLM reaches the page.

export type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionMessageParam,
  Completion,
  CompletionUsage,
} from '@mlc-ai/web-llm';
import type { ChatCompletionRequestBase, CompletionCreateParamsBase } from '@mlc-ai/web-llm';

/** A chat request. `model` may be left out: the engine holds one model at a time. */
export type ChatRequest = ChatCompletionRequestBase & {
  /** The last message is an answer that is not finished: what comes is its rest. */
  continue_final_message?: boolean;
};

/** A text completion: the prompt is tokenised as it is, without a chat template. */
export type CompletionRequest = CompletionCreateParamsBase;
