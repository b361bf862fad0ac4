// One answer, token by token: characters out of bytes, log probabilities, stop strings, and why it ended.
import type { ChatCompletion } from '#engine/protocol/openai.ts';
import type { Token } from '#engine/cpu/llama.ts';
import type { TextCodec } from '#engine/cpu/text-codec.ts';
import { releasableLength } from '#engine/worker/text-release.ts';

export type FinishReason = 'stop' | 'length' | 'abort';
export type TokenLogprob = NonNullable<NonNullable<ChatCompletion.Choice['logprobs']>['content']>[number];

/** What is new since the last call, and final. */
export type Delta = { readonly text: string; readonly logprobs: readonly TokenLogprob[] };

export type AnswerRules = {
  readonly stopIds: ReadonlySet<number>;
  readonly stops: readonly string[];
  readonly maxTokens: number;
  /** Null where none were asked for. */
  readonly alternatives: number | null;
};

export class Answer {
  readonly #codec: TextCodec;
  readonly #rules: AnswerRules;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly ids: number[] = [];
  readonly logprobs: TokenLogprob[] = [];
  #text = '';
  #sentLength = 0;
  #sentLogprobs = 0;
  #finish: FinishReason | null = null;

  constructor(codec: TextCodec, rules: AnswerRules) {
    this.#codec = codec;
    this.#rules = rules;
  }

  get text(): string {
    return this.#text;
  }

  get finish(): FinishReason | null {
    return this.#finish;
  }

  /** Takes a token; false when it was the last. */
  add(token: Token): boolean {
    const { stopIds, stops, maxTokens, alternatives } = this.#rules;
    if (stopIds.has(token.id)) return this.#end('stop');
    this.ids.push(token.id);
    if (alternatives !== null) this.logprobs.push(this.#describe(token, alternatives));
    this.#text += this.#decoder.decode(this.#codec.bytesOf(token.id), { stream: true });
    const at = Math.min(...stops.map((stop) => this.#text.indexOf(stop)).filter((index) => index >= 0));
    if (Number.isFinite(at)) {
      this.#text = this.#text.slice(0, at);
      this.#finish = 'stop';
      return false;
    }
    return this.ids.length < maxTokens || this.#end('length');
  }

  /** What ended it from outside; an answer that has ended keeps its own reason. */
  end(reason: FinishReason): void {
    if (this.#finish === null) this.#end(reason);
  }

  /** What can be sent now; after the end, all of the rest. Null where there is nothing. */
  take(): Delta | null {
    const length = this.#finish === null ? releasableLength(this.#text, this.#rules.stops) : this.#text.length;
    const until = Math.max(length, this.#sentLength);
    const text = this.#text.slice(this.#sentLength, until);
    const logprobs = this.logprobs.slice(this.#sentLogprobs);
    this.#sentLength = until;
    this.#sentLogprobs = this.logprobs.length;
    return text === '' && logprobs.length === 0 ? null : { text, logprobs };
  }

  #end(reason: FinishReason): false {
    this.#finish = reason;
    this.#text += this.#decoder.decode(); // bytes that never became a character show as U+FFFD
    return false;
  }

  #describe({ id, logprob, alternatives }: Token, count: number): TokenLogprob {
    const one = (of: { id: number; logprob: number }) => ({
      token: this.#codec.decode([of.id]),
      bytes: [...this.#codec.bytesOf(of.id)],
      logprob: of.logprob,
    });
    return { ...one({ id, logprob }), top_logprobs: alternatives.slice(0, count).map(one) };
  }
}
