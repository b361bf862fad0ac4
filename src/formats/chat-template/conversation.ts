// From a conversation to what WebLLM prefills.
//
// WebLLM's own template fields cannot say what these templates say. It leaves out what stands after an answer when it goes
// on with the kept KV cache, it encodes each message by itself, it expands "$&" in a typed system message, and it has no
// default system message that gives way to one of the user's. So its conversation template is made neutral, and the
// messages of a request are rewritten before WebLLM sees them:
//
//   user       everything from the end of the last answer to where the next begins, in one string: the closing of the last
//              turn, system message, question, and the opening of the assistant's turn
//   assistant  the answer as it is
//
// A kept KV cache then ends where the answer ends, and the next user string continues it: kept and new are the whole
// rendering. The rewriting depends only on the messages, so WebLLM, which compares them with the last request's, still
// finds the conversation it knows.
//
// What differs from tokenising the whole rendering at once: no token spans the two ends of an answer. In a kept cache its
// tokens are those that the model chose; when the cache was lost, those of its text. An answer that begins with what the
// template writes between the opening and an answer (Llama 2's space) is taken to have it from there, because it is the
// model that wrote it.
import { AppError } from '#base/errors.ts';
import { checkMessages, textOf } from '#formats/chat-template/check-messages.ts';
import type { ChatFamily } from '#formats/chat-template/match.ts';
import {
  ConversationWriter,
  type PreparedMessage,
  type PromptFormat,
} from '#formats/chat-template/conversation-writer.ts';
import { CONTINUES, stripSentinels } from '#formats/tokenizer/sentinels.ts';
import type { Tokenizer } from '#formats/tokenizer/tokenizer-json.ts';

/** How one model writes a conversation: plain data, stored with the model. */
export type ChatFormat = PromptFormat & {
  readonly family: ChatFamily;
  readonly stopIds: readonly number[];
};

/** WebLLM's `conv_template`, as far as it is read. */
export type ConversationTemplate = {
  readonly name: string;
  readonly system_template: string;
  readonly system_message: string;
  readonly system_prefix_token_ids: readonly number[];
  readonly roles: { readonly user: string; readonly assistant: string; readonly tool: string };
  readonly role_content_sep: string;
  readonly role_empty_sep: string;
  readonly seps: readonly string[];
  readonly stop_str: readonly string[];
  readonly stop_token_ids: readonly number[];
  readonly add_role_after_system_message: boolean;
};

/** Joins a family with the model's tokenizer. */
export function createChatFormat(family: ChatFamily, tokenizer: Tokenizer): ChatFormat {
  return {
    family,
    controlIds: Object.fromEntries(tokenizer.controlIds),
    bosId: tokenizer.bosTokenId,
    eosId: tokenizer.eosTokenIds[0] ?? null,
    prefixIds: tokenizer.addBos && tokenizer.bosTokenId !== null ? [tokenizer.bosTokenId] : [],
    stopIds: tokenizer.eosTokenIds,
    prependsSpace: tokenizer.info.prepend_space_in_encode,
  };
}

/** How families write turns that mark them with plain words instead of control tokens. */
const TURN_MARKS: Partial<Record<ChatFamily['name'], readonly string[]>> = {
  solar: ['### User:', '### System:', '### Assistant:'],
  alpaca: ['### Instruction:', '### Response:'],
};

/**
 * Texts that end an answer: a model whose turns are marked with plain words may miss its end and write the next turn itself.
 * Whole marks and not `###` alone, which begins a heading.
 */
export function stopStringsOf({ family }: Pick<ChatFormat, 'family'>): readonly string[] {
  return TURN_MARKS[family.name] ?? [];
}

/** Makes WebLLM's `conv_template`: neutral, since prepareMessages writes everything but BOS. */
export function createConversationTemplate(format: ChatFormat): ConversationTemplate {
  return {
    name: `daylight-${format.family.name}`,
    system_template: '{system_message}',
    system_message: '',
    system_prefix_token_ids: format.prefixIds,
    // An answer goes on where its opening ended. WebLLM wants to know all three roles.
    roles: { user: '', assistant: format.prependsSpace ? CONTINUES : '', tool: '' },
    role_content_sep: '',
    role_empty_sep: '',
    seps: [''],
    stop_str: stopStringsOf(format),
    stop_token_ids: format.stopIds,
    add_role_after_system_message: true,
  };
}

/**
 * Rewrites a request's messages for WebLLM (see above). Throws `chat-messages` for roles or an order that the model's
 * template does not allow, and `chat-content` for content that is not text.
 */
export function prepareMessages(format: ChatFormat, messages: readonly unknown[]): PreparedMessage[] {
  const { table } = format.family;
  return new ConversationWriter(format, table, checkMessages(messages, table.alternates)).write();
}

/**
 * The same for a conversation that ends in an unfinished answer: what the model writes then is its rest. Throws `chat-messages`
 * where the last message is no answer.
 */
export function prepareContinuation(format: ChatFormat, messages: readonly unknown[]): PreparedMessage[] {
  const index = messages.length - 1;
  const { role, content } = (messages[index] ?? {}) as { role?: unknown; content?: unknown };
  if (role !== 'assistant') throw new AppError('chat-messages', { index, role: String(role), expected: 'assistant' });
  const prepared = prepareMessages(format, messages.slice(0, -1));
  const last = prepared.pop()!;
  return [...prepared, { ...last, content: last.content + stripSentinels(textOf(content, index)) }];
}
