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
import type { TextPart } from '#formats/chat-template/expression.ts';
import type { ChatFamily } from '#formats/chat-template/match.ts';
import { placeKey, type Role, type SystemKind } from '#formats/chat-template/turn-table.ts';
import { CONTINUES, sentinel, stripSentinels } from '#formats/tokenizer/sentinels.ts';
import type { Tokenizer } from '#formats/tokenizer/tokenizer-json.ts';

/** How one model writes a conversation: plain data, stored with the model. */
export type ChatFormat = {
  readonly family: ChatFamily;
  /** Control tokens by their text. */
  readonly controlIds: Readonly<Record<string, number>>;
  readonly bosId: number | null;
  readonly eosId: number | null;
  /** Put before the first message: BOS, where the model wants one. */
  readonly prefixIds: readonly number[];
  readonly stopIds: readonly number[];
  /** Whether encoding a text begins with a space of the tokenizer's own. */
  readonly prependsSpace: boolean;
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

/** What WebLLM is given: user and assistant in turn, a user's last. `name` is written before the content. */
export type PreparedMessage = { readonly role: 'user' | 'assistant'; readonly content: string; readonly name?: string };

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
  const writer = new ConversationWriter(format, checkMessages(messages, format.family.table.alternates));
  return writer.write();
}

type ChatMessage = { readonly role: Role; readonly content: string };

class ConversationWriter {
  readonly #format: ChatFormat;
  readonly #messages: readonly ChatMessage[];
  readonly #question: string;
  readonly #system: string;
  readonly #systemKind: SystemKind;
  readonly #toControl: (text: string) => string;
  readonly #prepared: PreparedMessage[] = [];

  constructor(format: ChatFormat, messages: readonly ChatMessage[]) {
    this.#format = format;
    const given = format.family.table.writesSystem ? messages : mergeSystem(messages);
    const system = given[0]?.role === 'system' ? given[0].content : null;
    this.#system = system ?? '';
    this.#systemKind = system === null ? 'none' : system === '' ? 'empty' : 'filled';
    this.#question = given[system === null ? 0 : 1]?.content ?? '';
    this.#messages = given.slice(this.#frame.skips);
    this.#toControl = controlWriter(format.controlIds);
  }

  get #frame() {
    return this.#format.family.table.frames[this.#systemKind];
  }

  write(): PreparedMessage[] {
    let text = this.#join(this.#frame.opening, '');
    const ending = this.#join(this.#frame.ending, '');
    /** `text`, if the last message of it were the last of the conversation: what WebLLM was given in that request. */
    let asLast: string | null = this.#frame.skips === 2 ? text + ending : null;
    for (const [index, { role, content }] of this.#messages.entries()) {
      const isLast = index === this.#messages.length - 1;
      if (role !== 'assistant') {
        asLast = role === 'user' ? text + this.#join(this.#turn(index, true), content) + ending : null;
        text += this.#join(this.#turn(index, isLast), content);
        continue;
      }
      const parts = this.#turn(index, false);
      const at = parts.findIndex(isContent);
      const whole = text + this.#join(parts.slice(0, at), '');
      const question = asLast !== null && whole.startsWith(asLast) ? asLast : dropEnd(whole, this.#usualLead());
      this.#ask(question);
      const after = this.#join(parts.slice(at + 1), '');
      text = this.#answer(content, whole.slice(question.length), after, parts[at]?.kind === 'trimmed', question);
      asLast = null;
    }
    this.#ask(text + ending);
    return this.#prepared;
  }

  /** What the template writes between the opening of an answer and the answer, where no system message interferes. */
  #usualLead(): string {
    const { frames, turns } = this.#format.family.table;
    const place = { isFirst: false, isFilled: true, system: 'none' } as const;
    const write = (role: Role, isLast: boolean) => turns[placeKey({ ...place, role, isLast })] ?? [];
    const answer = write('assistant', false);
    const before = answer.slice(0, answer.findIndex(isContent));
    const asked = this.#join([...write('user', true), ...frames.none.ending], '');
    const whole = this.#join([...write('user', false), ...before], '');
    return whole.startsWith(asked) ? whole.slice(asked.length) : '';
  }

  #turn(index: number, isLast: boolean): readonly TextPart[] {
    const { role, content } = this.#messages[index]!;
    const place = { role, isFirst: index === 0, isLast, isFilled: content !== '', system: this.#systemKind };
    const parts = this.#format.family.table.turns[placeKey(place)];
    if (parts) return parts;
    throw new AppError('chat-messages', { index, role, expected: 'another role' });
  }

  #ask(text: string): void {
    const { prependsSpace, prefixIds, bosId } = this.#format;
    const isFirst = this.#prepared.length === 0;
    // The template may write the BOS that stands in front of every prompt of this model anyway.
    const bos = isFirst && prefixIds.length > 0 && bosId !== null ? sentinel(bosId) : '';
    const content = bos !== '' && text.startsWith(bos) ? text.slice(bos.length) : text;
    this.#prepared.push({ role: 'user', content: prependsSpace && !isFirst ? CONTINUES + content : content });
  }

  /** Adds an answer between `lead` and `after`; gives what remains to be written after it. */
  #answer(raw: string, lead: string, after: string, trims: boolean, opening: string): string {
    const { prependsSpace } = this.#format;
    const text = stripSentinels(raw);
    // After a control token the tokenizer writes a space by itself, and so does the model.
    const addsSpace = prependsSpace && isSentinelEnd(opening) && !lead.startsWith(SENTINEL_START);
    const written = lead !== '' ? lead : addsSpace ? ' ' : '';
    const isAsWritten = text.startsWith(written);
    const name = isAsWritten ? undefined : `${prependsSpace ? CONTINUES : ''}${addsSpace ? ' ' : ''}${lead}`;
    const start = isAsWritten ? written.length : 0;
    const inner = trims ? text.slice(start).trim() : text.slice(start);
    const blanks = text.slice(start + inner.length);
    // The model may itself have written the blanks that the template writes after an answer.
    const isKept = text === text.slice(0, start) + inner + blanks && after.startsWith(blanks);
    const content = isKept ? text : text.slice(0, start) + inner;
    this.#prepared.push({ role: 'assistant', content, ...(name ? { name } : {}) });
    return isKept ? after.slice(blanks.length) : after;
  }

  #join(parts: readonly TextPart[], content: string): string {
    return this.#pieces(parts, content)
      .map(({ isTemplate, text }) => (isTemplate ? this.#toControl(text) : stripSentinels(text)))
      .join('');
  }

  #pieces(parts: readonly TextPart[], content: string): Piece[] {
    return parts.flatMap((part): Piece[] => {
      switch (part.kind) {
        case 'text':
          return [{ isTemplate: true, text: part.text }];
        case 'content':
          return [{ isTemplate: false, text: content }];
        case 'system':
          return [{ isTemplate: false, text: this.#system }];
        case 'question':
          return [{ isTemplate: false, text: this.#question }];
        case 'trimmed':
          return trimEnds(this.#pieces(part.parts, content));
        case 'token': {
          const id = part.name === 'bos' ? this.#format.bosId : this.#format.eosId;
          return id === null ? [] : [{ isTemplate: true, text: sentinel(id) }];
        }
      }
    });
  }
}

/** Puts a system message before the first question, as llama.cpp does where a template knows no system messages. */
function mergeSystem(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const [system, question, ...rest] = messages;
  if (system?.role !== 'system' || !question) return messages;
  const content = system.content === '' ? question.content : `${system.content}\n${question.content}`;
  return [{ role: question.role, content }, ...rest];
}

function isContent({ kind }: TextPart): boolean {
  return kind === 'content' || kind === 'trimmed';
}

function dropEnd(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, text.length - end.length) : text;
}

type Piece = { readonly isTemplate: boolean; readonly text: string };

function trimEnds(pieces: readonly Piece[]): Piece[] {
  const kept = [...pieces];
  while (kept[0] && kept[0].text.trim() === '') kept.shift();
  while (kept.at(-1)?.text.trim() === '') kept.pop();
  const { length } = kept;
  return kept.map(({ isTemplate, text }, index) => {
    const start = index === 0 ? text.trimStart() : text;
    return { isTemplate, text: index === length - 1 ? start.trimEnd() : start };
  });
}

const SENTINEL_START = sentinel(0).slice(0, 1);

function isSentinelEnd(text: string): boolean {
  return text.endsWith(sentinel(0).slice(-1));
}

/** Replaces the texts of control tokens by their sentinels, the longest first. */
function controlWriter(controlIds: Readonly<Record<string, number>>): (text: string) => string {
  const texts = Object.keys(controlIds).sort((a, b) => b.length - a.length);
  if (texts.length === 0) return (text) => text;
  const pattern = new RegExp(texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(pattern, (found) => sentinel(controlIds[found]!));
}

/** A system message only in front, then a user's, and a user's last. */
function checkMessages(messages: readonly unknown[], alternates: boolean): ChatMessage[] {
  const checked = messages.map((message, index): ChatMessage => {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    const refuse = (expected: string) => new AppError('chat-messages', { index, role: String(role), expected });
    if (role !== 'system' && role !== 'user' && role !== 'assistant') throw refuse('system, user or assistant');
    if (role === 'system' && index > 0) throw refuse('user or assistant: a system message stands first');
    return { role, content: textOf(content, index) };
  });
  const skipped = checked[0]?.role === 'system' ? 1 : 0;
  for (let index = skipped; index < Math.max(checked.length, skipped + 1); index++) {
    const role = checked[index]?.role ?? 'missing';
    const turn = (index - skipped) % 2 === 0 ? 'user' : 'assistant';
    const expected = index === skipped || index === checked.length - 1 ? 'user' : alternates ? turn : role;
    if (role !== expected) throw new AppError('chat-messages', { index, role, expected });
    if (alternates && role !== turn) throw new AppError('chat-messages', { index, role, expected: turn });
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
