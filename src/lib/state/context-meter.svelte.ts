import type { ConversationSettings, Digest } from '#chat/conversation.ts';
import { planContext } from '#chat/context-plan.ts';
import type { ContextPlan } from '#chat/context-plan.ts';
import { exchangesOf } from '#chat/prompt.ts';
import type { PromptInputs, SaidMessage } from '#chat/prompt.ts';
import type { Engine } from '#engine/client/engine.ts';
import { TokenCounter } from './token-counter.ts';

export type Measured = {
  /** The branch, which ends with the question. */
  readonly turns: readonly SaidMessage[];
  readonly settings: ConversationSettings;
  readonly digest: Digest | null;
  readonly restates: boolean;
  readonly textOf: PromptInputs['textOf'];
  /** The beginning of an answer that is to be continued. */
  readonly unfinished?: string;
};

/** What a conversation takes of the model's context, and what of it the model will be given. */
export class ContextMeter {
  /** Of what was measured last; null when nothing was. */
  plan = $state.raw<ContextPlan | null>(null);

  readonly #counter = new TokenCounter();
  #latest = 0;

  /** Plans a branch. A measurement overtaken by a later one is not shown. */
  async measure(
    { turns, settings, digest, restates, textOf, unfinished = '' }: Measured,
    engine: Pick<Engine, 'tokenize' | 'countTokens'>,
    model: { key: string; contextLength: number },
  ): Promise<ContextPlan> {
    const turn = ++this.#latest;
    const plan = await planContext(
      {
        exchanges: exchangesOf(turns),
        instructions: settings.instructions,
        digest,
        restates,
        textOf,
        unfinished,
        windowTokens: model.contextLength,
        maxAnswerTokens: settings.maxTokens,
      },
      {
        prompt: (messages) => engine.countTokens(messages),
        text: this.#counter.round(model.key, (text) => engine.tokenize(text)),
      },
    );
    if (turn === this.#latest) this.plan = plan;
    return plan;
  }

  clear(): void {
    this.#latest++;
    this.plan = null;
  }
}
