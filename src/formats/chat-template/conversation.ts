// From a conversation to what WebLLM prefills.
//
// WebLLM's own template fields cannot say what these families say. It encodes each round by itself, it leaves out what
// stands after an answer when it goes on with the kept KV cache, it expands "$&" in a typed system message, and it has no
// default system message that gives way to one of the user's. So its conversation template is made neutral, and the
// messages of a request are rewritten before WebLLM sees them:
//
//   user       everything from the end of the last answer to the beginning of the next, in one string: the closing of the
//              last turn, system message, question, and the opening of the assistant's turn
//   assistant  the answer as it is
//
// A kept KV cache then ends where the answer ends and the next user string continues it: kept plus new is the full
// rendering. The rewriting depends only on the messages, so WebLLM, which compares them with the last request's, still
// finds the conversation it knows. What differs from tokenising the full rendering at once: an answer's tokens are those
// that the model chose, or, when the cache was lost, those of the answer's text alone; no token spans its two ends.
import { AppError } from '#base/errors.ts';
import type { ChatFamily, ChatMessage, PromptPart } from '#formats/chat-template/family.ts';
import { FAMILIES } from '#formats/chat-template/match.ts';
import { CONTINUES, sentinel, stripSentinels } from '#formats/tokenizer/sentinels.ts';
import type { Tokenizer } from '#formats/tokenizer/tokenizer-json.ts';

/** How one model writes a conversation: plain data, stored with the model. */
export type ChatFormat = {
  readonly family: ChatFamily;
  /** Control tokens by their text. */
  readonly controlIds: Readonly<Record<string, number>>;
  /** Put before the first round, where the model wants BOS. */
  readonly prefixIds: readonly number[];
  readonly stopIds: readonly number[];
  /** Whether encoding a text begins with a space of the tokenizer's own. */
  readonly prependsSpace: boolean;
};

/** What WebLLM is given: rounds of user and assistant in turn, a user's last. */
export type PreparedMessage = { readonly role: 'user' | 'assistant'; readonly content: string; readonly name?: string };

/** Joins a family with the model's tokenizer. */
export function createChatFormat(family: ChatFamily, tokenizer: Tokenizer): ChatFormat {
  return {
    family,
    controlIds: Object.fromEntries(tokenizer.controlIds),
    prefixIds: tokenizer.addBos && tokenizer.bosTokenId !== null ? [tokenizer.bosTokenId] : [],
    stopIds: tokenizer.eosTokenIds,
    prependsSpace: tokenizer.info.prepend_space_in_encode,
  };
}

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

/** Makes WebLLM's `conv_template`: neutral, since prepareMessages writes everything but BOS. */
export function createConversationTemplate(format: ChatFormat): ConversationTemplate {
  return {
    name: `daylight-${format.family.name}`,
    system_template: '{system_message}',
    system_message: '',
    system_prefix_token_ids: format.prefixIds,
    // WebLLM wants all three roles. An answer goes on where its opening ended.
    roles: { user: '', assistant: format.prependsSpace ? CONTINUES : '', tool: '' },
    role_content_sep: '',
    role_empty_sep: '',
    seps: [''],
    stop_str: [],
    stop_token_ids: format.stopIds,
    add_role_after_system_message: true,
  };
}

/**
 * Rewrites a request's messages for WebLLM (see above). Throws `chat-messages` for roles or an order that the model's
 * template does not allow, and `chat-content` for content that is not text.
 */
export function prepareMessages(format: ChatFormat, messages: readonly unknown[]): PreparedMessage[] {
  const parts = FAMILIES[format.family.name].render(checkMessages(messages), format.family.options);
  const prepared: PreparedMessage[] = [];
  const toControl = controlWriter(format.controlIds);
  let turn = '';
  const endTurn = () => {
    const goesOn = format.prependsSpace && prepared.length > 0;
    prepared.push({ role: 'user', content: goesOn ? CONTINUES + turn : turn });
    turn = '';
  };
  for (const part of parts) {
    if (part.kind !== 'answer') {
      turn += writePart(part, toControl);
      continue;
    }
    endTurn();
    prepared.push({ role: 'assistant', content: stripSentinels(part.text) });
  }
  endTurn();
  return prepared;
}

function writePart(part: PromptPart, toControl: (text: string) => string): string {
  return part.kind === 'template' ? toControl(part.text) : stripSentinels(part.text);
}

/** Replaces the texts of control tokens by their sentinels, the longest first. */
function controlWriter(controlIds: Readonly<Record<string, number>>): (text: string) => string {
  const texts = Object.keys(controlIds).sort((a, b) => b.length - a.length);
  if (texts.length === 0) return (text) => text;
  const pattern = new RegExp(texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(pattern, (found) => sentinel(controlIds[found]!));
}

function checkMessages(messages: readonly unknown[]): ChatMessage[] {
  const checked = messages.map((message, index): ChatMessage => {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    if (role !== 'system' && role !== 'user' && role !== 'assistant') {
      throw new AppError('chat-messages', { index, role: String(role), expected: 'system, user or assistant' });
    }
    return { role, content: textOf(content, index) };
  });
  const last = checked.length - 1;
  if (checked[last]?.role !== 'user') {
    throw new AppError('chat-messages', { index: last, role: checked[last]?.role ?? 'missing', expected: 'user' });
  }
  return checked;
}

/** OpenAI's content: a string, or a list of parts of which all must be text. */
function textOf(content: unknown, index: number): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new AppError('chat-content', { index, found: typeof content });
  return content
    .map((part: { type?: unknown; text?: unknown } | null) => {
      if (part?.type === 'text' && typeof part.text === 'string') return part.text;
      throw new AppError('chat-content', { index, found: String(part?.type) });
    })
    .join('');
}
