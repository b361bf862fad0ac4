// Writes a conversation as the messages that WebLLM is given (conversation.ts says why), by the table of the template's
// turns. Whatever comes from outside goes in as text; only the template's own text holds control tokens.
import { AppError } from '#base/errors.ts';
import type { ChatMessage } from '#formats/chat-template/check-messages.ts';
import type { Role, SystemKind } from '#formats/chat-template/template-reader.ts';
import type { TextPart } from '#formats/chat-template/template-value.ts';
import { placeKey, type TurnTable } from '#formats/chat-template/turn-table.ts';
import { CONTINUES, sentinel, stripSentinels } from '#formats/tokenizer/sentinels.ts';

/** What a prompt needs to know of the tokenizer. */
export type PromptFormat = {
  /** Control tokens by their text. */
  readonly controlIds: Readonly<Record<string, number>>;
  readonly bosId: number | null;
  readonly eosId: number | null;
  /** Put before the first message: BOS, where the model wants one. */
  readonly prefixIds: readonly number[];
  /** Whether encoding a text begins with a space of the tokenizer's own. */
  readonly prependsSpace: boolean;
};

/** What WebLLM is given: user and assistant in turn, a user's last. `name` is written before the content. */
export type PreparedMessage = { readonly role: 'user' | 'assistant'; readonly content: string; readonly name?: string };

/** Writes one conversation, message by message. */
export class ConversationWriter {
  readonly #format: PromptFormat;
  readonly #table: TurnTable;
  readonly #messages: readonly ChatMessage[];
  readonly #question: string;
  readonly #system: string;
  readonly #systemKind: SystemKind;
  readonly #toControl: (text: string) => string;
  readonly #prepared: PreparedMessage[] = [];

  constructor(format: PromptFormat, table: TurnTable, messages: readonly ChatMessage[]) {
    this.#format = format;
    this.#table = table;
    const given = table.writesSystem ? messages : mergeSystem(messages);
    const system = given[0]?.role === 'system' ? given[0].content : null;
    this.#system = system ?? '';
    this.#systemKind = system === null ? 'none' : system === '' ? 'empty' : 'filled';
    this.#question = given[system === null ? 0 : 1]?.content ?? '';
    this.#messages = given.slice(this.#frame.skips);
    this.#toControl = controlWriter(format.controlIds);
  }

  get #frame() {
    return this.#table.frames[this.#systemKind];
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
    const { frames, turns } = this.#table;
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
    const parts = this.#table.turns[placeKey(place)];
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
